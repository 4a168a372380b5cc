/**
 * A shared medium for tests: every packet goes out once for each family, as a frame to a MAC
 * address; every network card draws for itself whether it loses the frame, drops what no filter of
 * its lets pass, and hands on the rest, or wakes its laptop with it.
 */
import { type Group, macOf } from "@infield/shared/announce";
import type { Beacon } from "../discovery/beacon.ts";
import type { Datagram } from "../discovery/datagram.ts";
import type { Clock } from "../timing/clock.ts";

/** One frame on the medium. */
export interface Frame {
  readonly at: number;
  readonly mac: string;
  readonly from: FakeCard;
  readonly bytes: Uint8Array;
}

export interface FakeCard extends Beacon {
  /** MAC addresses that its filter lets pass. */
  filters(): string[];
  /** Frames that its filter let pass, lost ones left out. */
  readonly passed: readonly Frame[];
}

interface CardOptions {
  onDatagram(datagram: Datagram): void;
  /** True when the frame only wakes the laptop, which hears nothing of it. */
  wakes?(): boolean;
}

export interface FakeNetwork {
  plugIn(options: CardOptions): FakeCard;
  /** All frames sent so far. */
  readonly frames: readonly Frame[];
}

/** On the way: a bad radio's time for a small packet. */
const TRAVEL_MS = 2;

/** `loss`: how many of all frames each card loses, 0 to 1. */
export function createFakeNetwork(clock: Clock, loss: number): FakeNetwork {
  const frames: Frame[] = [];
  const cards: { receive(frame: Frame, group: string, address: string): void }[] = [];

  function transmit(from: FakeCard, group: Group, bytes: Uint8Array, host: number): void {
    const macs = macOf(group);
    const sent = [
      { mac: macs.ipv6, group: group.ipv6, address: `fe80::${host.toString(16)}%fake` },
      { mac: macs.ipv4, group: group.ipv4, address: `192.0.2.${host}` },
    ];
    for (const { mac, group, address } of sent) {
      const frame = { at: clock.now(), mac, from, bytes: bytes.slice() };
      frames.push(frame);
      clock.startTimer(TRAVEL_MS, () => {
        for (const card of cards) card.receive(frame, group, address);
      });
    }
  }

  function plugIn({ onDatagram, wakes = () => false }: CardOptions): FakeCard {
    const host = cards.length + 1;
    const joined = new Map<string, { readonly group: Group; readonly macs: readonly string[] }>();
    const passed: Frame[] = [];
    const filters = () => [...joined.values()].flatMap(({ macs }) => macs);
    const card: FakeCard = {
      join: async (group) =>
        void joined.set(group.ipv6, { group, macs: Object.values(macOf(group)) }),
      leave: (group) => void joined.delete(group.ipv6),
      send: (group, bytes) => transmit(card, group, bytes, host),
      groups: () => [...joined.values()].flatMap(({ group }) => [group.ipv4, `${group.ipv6}%fake`]),
      interfaces: () => ["fake"],
      filters,
      passed,
    };
    cards.push({
      receive(frame, group, address) {
        const isOwn = frame.from === card;
        if (!filters().includes(frame.mac) || (!isOwn && clock.random() < loss)) return;
        if (!isOwn) passed.push(frame);
        if (!isOwn && wakes()) return;
        const isJoined = [...joined.values()].some((one) =>
          Object.values(one.group).includes(group),
        );
        if (isJoined) onDatagram({ bytes: frame.bytes, address, group, received: passed.length });
      },
    });
    return card;
  }
  return { plugIn, frames };
}
