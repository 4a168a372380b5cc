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

/** Sockets that send: of IPv4 and of IPv6, as far as the interface has them. */
type Senders = readonly [ipv4: Socket | undefined, ipv6: Socket | undefined];

/** Throws what the system says when neither family can multicast there. */
export async function openLink(one: NetworkInterface, options: LinkOptions): Promise<BeaconLink> {
  return new BeaconLink(one, options, await openSenders(one, options.onProblem));
}

export class BeaconLink {
  readonly #one: NetworkInterface;
  readonly #options: LinkOptions;
  readonly #senders: Senders;
  /** Groups to be in, with their sockets as far as they are there. */
  readonly #receivers = new Map<string, Socket | undefined>();

  constructor(one: NetworkInterface, options: LinkOptions, senders: Senders) {
    this.#one = one;
    this.#options = options;
    this.#senders = senders;
  }

  get hasIpv4(): boolean {
    return this.#senders[0] !== undefined;
  }

  /** Resolves once the interface is in the group; what came of it is in `groups`. */
  async join(group: Group): Promise<void> {
    if (this.#receivers.has(group.ipv6)) return;
    this.#receivers.set(group.ipv6, undefined);
    this.#joinIpv4(group);
    if (this.#senders[1]) await this.#joinIpv6(group);
  }

  leave(group: Group): void {
    if (!this.#receivers.has(group.ipv6)) return;
    this.#receivers.get(group.ipv6)?.close();
    this.#receivers.delete(group.ipv6);
    this.#leaveIpv4(group);
  }

  send(group: Group, packet: Uint8Array): void {
    const { port } = this.#options;
    const [ipv4, ipv6] = this.#senders;
    const ignore = () => {};
    ipv4?.send(packet, port, group.ipv4, ignore);
    ipv6?.send(packet, port, `${group.ipv6}%${this.#one.name}`, ignore);
  }

  /** The addresses it hears itself; those of IPv4 are heard by one socket for all interfaces. */
  groups(): string[] {
    return [...this.#receivers].flatMap(([ipv6, socket]) =>
      socket ? [`${ipv6}%${this.#one.name}`] : [],
    );
  }

  close(): void {
    for (const socket of [...this.#senders, ...this.#receivers.values()]) socket?.close();
    this.#receivers.clear();
  }

  /**
   * The membership lives in the sending socket, one for each interface: a socket can be in 20
   * groups, whatever interfaces there are.
   */
  #joinIpv4(group: Group): void {
    try {
      const { ipv4 } = this.#one;
      if (ipv4 !== undefined) this.#senders[0]?.addMembership(group.ipv4, ipv4);
    } catch (error) {
      this.#options.onProblem(error);
    }
  }

  #leaveIpv4(group: Group): void {
    try {
      const { ipv4 } = this.#one;
      if (ipv4 !== undefined) this.#senders[0]?.dropMembership(group.ipv4, ipv4);
    } catch {
      // The interface has gone, and its memberships with it.
    }
  }

  async #joinIpv6({ ipv6 }: Group): Promise<void> {
    const { name } = this.#one;
    const { port, onDatagram, onProblem } = this.#options;
    const receivers = this.#receivers;
    try {
      const where = { address: `${ipv6}%${name}`, port, over: `::%${name}` };
      const socket = await openReceiver(where, onDatagram);
      // It may have been left meanwhile, and joined anew.
      if (!receivers.has(ipv6) || receivers.get(ipv6) !== undefined) socket.close();
      else receivers.set(ipv6, socket);
    } catch (error) {
      onProblem(error);
    }
  }
}

async function openSenders(
  one: NetworkInterface,
  onProblem: (error: unknown) => void,
): Promise<Senders> {
  const opened = await Promise.allSettled([
    one.ipv4 === undefined ? undefined : openSender("udp4", one.ipv4),
    one.ipv6 ? openSender("udp6", `::%${one.name}`) : undefined,
  ]);
  const [ipv4, ipv6] = opened.map((result) =>
    result.status === "fulfilled" ? result.value : undefined,
  );
  const errors = opened.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (ipv4 === undefined && ipv6 === undefined) throw errors[0] ?? new Error("it has no address");
  for (const error of errors) onProblem(error);
  return [ipv4, ipv6];
}
