/**
 * One interface of the beacon: it sends there, and has the interface in the joined groups. An
 * address that changes makes it another link.
 */
import type { Socket } from "node:dgram";
import type { Group } from "@infield/shared/announce";
import type { NetworkInterface } from "../host/interfaces.ts";
import type { Datagram } from "./datagram.ts";
import { openReceiver, openSender } from "./multicast-socket.ts";

interface LinkOptions {
  readonly port: number;
  onDatagram(datagram: Datagram): void;
  onProblem(error: unknown): void;
}

export interface BeaconLink {
  /** Resolves once the interface is in the group; what came of it is in `groups`. */
  join(group: Group): Promise<void>;
  leave(group: Group): void;
  send(group: Group, packet: Uint8Array): void;
  /** The addresses it hears itself; those of IPv4 are heard by one socket for all interfaces. */
  groups(): string[];
  readonly hasIpv4: boolean;
  close(): void;
}

/** Throws what the system says when neither family can multicast there. */
export async function openLink(one: NetworkInterface, options: LinkOptions): Promise<BeaconLink> {
  const { port, onProblem } = options;
  const [sender4, sender6] = await openSenders(one, onProblem);
  /** Groups to be in, with their sockets as far as they are there. */
  const receivers = new Map<string, Socket | undefined>();

  /**
   * The membership lives in the sending socket, one for each interface: a socket can be in 20
   * groups, whatever interfaces there are.
   */
  function joinIpv4(group: Group): void {
    try {
      if (one.ipv4 !== undefined) sender4?.addMembership(group.ipv4, one.ipv4);
    } catch (error) {
      onProblem(error);
    }
  }

  function leaveIpv4(group: Group): void {
    try {
      if (one.ipv4 !== undefined) sender4?.dropMembership(group.ipv4, one.ipv4);
    } catch {
      // The interface has gone, and its memberships with it.
    }
  }

  async function joinIpv6(group: Group): Promise<void> {
    const where = { address: `${group.ipv6}%${one.name}`, port, over: `::%${one.name}` };
    try {
      const socket = await openReceiver(where, options.onDatagram);
      // It may have been left meanwhile, and joined anew.
      if (!receivers.has(group.ipv6) || receivers.get(group.ipv6) !== undefined) socket.close();
      else receivers.set(group.ipv6, socket);
    } catch (error) {
      onProblem(error);
    }
  }

  return {
    async join(group) {
      if (receivers.has(group.ipv6)) return;
      receivers.set(group.ipv6, undefined);
      joinIpv4(group);
      if (sender6) await joinIpv6(group);
    },
    leave(group) {
      if (!receivers.has(group.ipv6)) return;
      receivers.get(group.ipv6)?.close();
      receivers.delete(group.ipv6);
      leaveIpv4(group);
    },
    send(group, packet) {
      const ignore = () => {};
      sender4?.send(packet, port, group.ipv4, ignore);
      sender6?.send(packet, port, `${group.ipv6}%${one.name}`, ignore);
    },
    groups: () =>
      [...receivers].flatMap(([ipv6, socket]) => (socket ? [`${ipv6}%${one.name}`] : [])),
    hasIpv4: sender4 !== undefined,
    close() {
      for (const socket of [sender4, sender6, ...receivers.values()]) socket?.close();
      receivers.clear();
    },
  };
}

async function openSenders(one: NetworkInterface, onProblem: (error: unknown) => void) {
  const opened = await Promise.allSettled([
    one.ipv4 === undefined ? undefined : openSender("udp4", one.ipv4),
    one.ipv6 ? openSender("udp6", `::%${one.name}`) : undefined,
  ]);
  const senders = opened.map((result) =>
    result.status === "fulfilled" ? result.value : undefined,
  );
  const errors = opened.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (senders.every((sender) => sender === undefined))
    throw errors[0] ?? new Error("it has no address");
  for (const error of errors) onProblem(error);
  return senders;
}
