/**
 * Everything that `infield doctor --network` tries, some of it side by side; ten seconds at the
 * most.
 */

import type { PeerAddress } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import type { RepositoryReader } from "@infield/shared/records";
import { createServer, createSharing, type Report } from "@infield/shared/transfer";
import { chooseInterfaces, type NetworkInterface } from "../../host/interfaces.ts";
import { samePeer } from "../../laptop/address-book.ts";
import type { LocalPeer } from "../../peers/peer-link.ts";
import type { Clock } from "../../timing/clock.ts";
import { isThere, probeOwnPort, probePeer } from "./connection-probe.ts";
import { type Diagnosis, diagnose, type Facts } from "./findings.ts";
import { askNeighbours, probeLoop, seeNeighbours } from "./multicast-probe.ts";
import { readSystem } from "./system.ts";

export interface NetworkSubject {
  readonly clock: Clock;
  readonly laptopId: string;
  /** Undefined: none is followed yet. */
  readonly channelId: string | undefined;
  readonly version: number;
  readonly repository: RepositoryReader;
  /** Names of the interfaces the agent uses; all when left out. */
  readonly interfaces?: readonly string[];
  /** The port of neighbours' connections, and the addresses they come to. */
  readonly port: number;
  readonly addresses: readonly string[];
  /** An agent has that port now. */
  readonly isListening: boolean;
  /** Laptops whose address is known, those that a person named first. */
  readonly known: readonly PeerAddress[];
}

/**
 * Laptops that are dialled: one that answers is enough, and a list of the dead takes five seconds
 * however long.
 */
const MAX_DIALLED = 16;

/** Throws AbortError. */
export async function examineNetwork(
  subject: NetworkSubject,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const { channelId, port } = subject;
  const system = await readSystem(subject.interfaces);
  const { cards } = system;
  const interfaces = chooseInterfaces(cards.map(({ name }) => name));
  const gateway = system.wayOut?.gateway;
  const [neighbours, portState, gatewayThere] = await Promise.all([
    channelId === undefined ? undefined : tryNeighbours(subject, channelId, interfaces, signal),
    probeOwnPort(port, subject.addresses, subject.isListening),
    gateway === undefined ? undefined : isThere(gateway),
  ]);
  return diagnose({ ...system, cards, port, portState, gatewayThere, neighbours });
}

/** Tries whoever is known while others are asked for by multicast, and then whoever answered. */
async function tryNeighbours(
  subject: NetworkSubject,
  channelId: string,
  interfaces: readonly NetworkInterface[],
  signal: AbortSignal,
): Promise<Facts["neighbours"]> {
  const { clock, laptopId, port: peerPort } = subject;
  const local = asLocalPeer(subject);
  const probe = (peers: readonly PeerAddress[]) =>
    Promise.all(peers.slice(0, MAX_DIALLED).map((peer) => probePeer(peer, local, signal)));
  const known = subject.known.filter((peer, i, list) => list.findIndex(samePeer(peer)) === i);
  const loops = interfaces.map(
    async (one) => [one.name, await probeLoop(one, channelId, clock)] as const,
  );
  const reachedKnown = probe(known);
  const asker = { channelId, laptopId, peerPort };
  const [answers, seen] = await Promise.all([
    askNeighbours(interfaces, asker, clock),
    seeNeighbours(interfaces, asker, clock),
  ]);
  const others = [...answers, ...seen].filter((peer) => !known.some(samePeer(peer)));
  const found = others.filter((peer, i) => others.findIndex(samePeer(peer)) === i);
  const reached = await Promise.all([probe(found), reachedKnown]);
  return {
    loops: new Map(await Promise.all(loops)),
    answered: answers.map(({ host }) => host),
    seen: seen.map(({ host }) => host),
    reached: reached.flat(),
  };
}

/** Says hello as this laptop does, serves nothing and obeys nobody. */
function asLocalPeer({
  clock,
  channelId,
  laptopId,
  version,
  repository,
}: NetworkSubject): LocalPeer {
  const report: Report = { id: laptopId, name: "doctor", version, state: "resting", teachers: [] };
  return {
    clock,
    channel: () => channelId,
    report: () => report,
    sharing: createSharing(createServer(repository), clock),
    onOpen() {},
    delta: async () => {
      throw new InfieldError("no-path", "no deltas are made here", "ask another neighbour");
    },
    obey: async () => {},
    onReport() {},
    onPacket() {},
  };
}
