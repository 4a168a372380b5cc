/**
 * What the parts of an agent tell each other, on one channel: whoever knows a fact emits it,
 * whoever acts on it listens. `agent.ts` says who listens to what.
 */
import type { Announcement, Query } from "@infield/shared/announce";
import type { Announced } from "../discovery/announcer.ts";
import type { Datagram } from "../discovery/datagram.ts";
import type { EventBus } from "../host/event-bus.ts";
import type { NetworkInterface } from "../host/interfaces.ts";
import type { PeerLink } from "../peers/peer-link.ts";

export type AgentFacts = {
  /** The repository, or what is installed, has changed. Awaited, and only within a change. */
  stored: [];
  /** Something that pages show has changed. */
  shown: [];
  /** A person or a teacher wants the root now: what is under way is to be broken off. */
  interrupt: [];
  /** The neighbours are to be asked for something newer; also to connect and report, or not. */
  ask: [classroom: boolean];
  /** It is awake, although it was told to sleep and not that it wakes. */
  woken: [];
  /** The network interfaces as they are now. */
  interfaces: [interfaces: readonly NetworkInterface[]];
  /** A datagram came by multicast, or the same by a connection. */
  datagram: [datagram: Datagram];
  /** Something was heard by multicast. */
  multicast: [];
  /** A neighbour has a release that is wanted. */
  announcement: [announcement: Announcement, address: string, isProven: boolean];
  /** A neighbour asks. */
  query: [query: Query, address: string];
  /** A packet came over a connection; nothing of it has been checked. */
  packet: [packet: Uint8Array, link: PeerLink];
  /** Somebody at this address was seen to have a version, or to be about to. */
  seen: [version: number, address: string];
  /** This release is told to neighbours from now on; undefined: none. */
  announcing: [release: Announced | undefined];
  /** Pieces of a release are here, and are told of until the signal. */
  sharing: [release: Omit<Announced, "urgent">, until: AbortSignal];
};

export type AgentBus = EventBus<AgentFacts>;

/** Resolves once everything follows what is stored now. Only within a change. */
export async function tellStored(bus: AgentBus): Promise<void> {
  await bus.emitAndWait("stored");
  bus.emit("shown");
}
