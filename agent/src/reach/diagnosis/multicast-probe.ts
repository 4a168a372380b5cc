/**
 * Trying multicast: whether what this laptop sends to a group comes back to it, and who answers a
 * query.
 */
import { randomBytes } from "node:crypto";
import {
  type Announcement,
  formatQuery,
  GROUP_PORT,
  type Group,
  type PeerAddress,
  parseAnnouncement,
  queryGroup,
  releaseGroup,
} from "@infield/shared/announce";
import { equalBytes } from "@infield/shared/base";
import { SocketBeacon } from "../../discovery/beacon.ts";
import type { Datagram } from "../../discovery/datagram.ts";
import type { NetworkInterface } from "../../host/interfaces.ts";
import { openPresence } from "../../presence/presence.ts";
import type { Clock } from "../../timing/clock.ts";

/** What comes back, comes back in a millisecond; a slow laptop under load needs more. */
const LOOP_MS = 1_000;
/**
 * Answers come within a random second, and one query a second is answered: so it is asked twice.
 */
const ASK_AGAIN_MS = 1_200;
const ANSWERS_MS = 3_000;
/**
 * Bytes that are no packet of ours, so that whoever hears them drops them (docs/protocol.md, rule
 * 2.1).
 */
const PROBE_BYTES = 16;

/** Who asks: the agent of this laptop takes it for its own question. */
interface Asker {
  readonly channelId: string;
  readonly laptopId: string;
  readonly peerPort: number;
}

export interface Loop {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

/**
 * Which kinds of what this laptop sends to the channel's query group on an interface come back to
 * it.
 */
export async function probeLoop(
  one: NetworkInterface,
  channelId: string,
  clock: Clock,
): Promise<Loop> {
  const probe = randomBytes(PROBE_BYTES);
  const came = { ipv4: false, ipv6: false };
  const group = queryGroup(channelId);
  await withGroup(
    [one],
    group,
    (datagram) => {
      if (equalBytes(datagram.bytes, probe))
        came[datagram.group.includes(":") ? "ipv6" : "ipv4"] = true;
    },
    async (send) => {
      send(group, probe);
      await wait(clock, LOOP_MS);
    },
  );
  return came;
}

/**
 * Laptops of the channel that answer by multicast, by address. Whoever has any release answers who
 * asks for what is newer than none, whatever release this laptop has.
 */
export async function askNeighbours(
  interfaces: readonly NetworkInterface[],
  { channelId, laptopId, peerPort }: Asker,
  clock: Clock,
): Promise<PeerAddress[]> {
  const found = new Map<string, PeerAddress>();
  const channel = channelId.slice(0, 16);
  const query = formatQuery({
    channel,
    version: 0,
    classroom: false,
    sender: { port: peerPort, id: laptopId },
  });
  const isNeighbour = (packet: Announcement | undefined): packet is Announcement =>
    packet !== undefined && packet.channel === channel && packet.sender.id !== laptopId;
  const hear = ({ bytes, address }: Datagram) => {
    const packet = parseAnnouncement(bytes);
    if (isNeighbour(packet))
      found.set(packet.sender.id, { host: address, port: packet.sender.port });
  };
  await withGroup(interfaces, releaseGroup(channelId, 1, false), hear, async (send) => {
    send(queryGroup(channelId), query);
    await wait(clock, ASK_AGAIN_MS);
    send(queryGroup(channelId), query);
    await wait(clock, ANSWERS_MS - ASK_AGAIN_MS);
  });
  return [...found.values()];
}

/**
 * Laptops of the channel that are seen by DNS-SD, whose group every switch floods (RFC 4541,
 * 2.1.2).
 */
export async function seeNeighbours(
  interfaces: readonly NetworkInterface[],
  asker: Asker,
  clock: Clock,
): Promise<PeerAddress[]> {
  const presence = openPresence({
    ...{ clock, interfaces, everywhere: false, name: "doctor", ...asker },
    onSighting() {},
    onProblem() {},
  });
  await wait(clock, ANSWERS_MS);
  const seen = presence.neighbours();
  await presence.close();
  return seen.flatMap(({ address, port }) => (port === undefined ? [] : [{ host: address, port }]));
}

/**
 * Hears a group while `work` is under way. An interface that cannot do it hears nothing, which is
 * the finding.
 */
async function withGroup(
  interfaces: readonly NetworkInterface[],
  group: Group,
  onDatagram: (datagram: Datagram) => void,
  work: (send: (group: Group, packet: Uint8Array) => void) => Promise<void>,
): Promise<void> {
  const beacon = new SocketBeacon({ port: GROUP_PORT, onDatagram, onProblem() {} });
  try {
    await beacon.use(interfaces);
    await beacon.join(group);
    await work((group, packet) => beacon.send(group, packet));
  } finally {
    await beacon.close();
  }
}

function wait(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.startTimer(ms, resolve);
  });
}
