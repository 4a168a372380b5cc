/**
 * The beacon moves opaque datagrams: it joins groups, hears what comes to them, and sends to groups
 * it has not joined, on interfaces that come and go. What a datagram means is discovery's business.
 * One interface that fails does not stop the others.
 */
import type { Socket } from "node:dgram";
import type { Group } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import { debug } from "../host/debug.ts";
import type { NetworkInterface } from "../host/interfaces.ts";
import { type BeaconLink, openLink } from "./beacon-link.ts";
import type { Datagram } from "./datagram.ts";
import { openReceiver } from "./multicast-socket.ts";

const log = debug("network");

export interface BeaconOptions {
  /** UDP port of the groups. */
  readonly port: number;
  onDatagram(datagram: Datagram): void;
  onProblem(problem: InfieldError): void;
}

export interface Beacon {
  /** Resolves once the group is heard on every interface that can hear it. */
  join(group: Group): Promise<void>;
  leave(group: Group): void;
  /** Sends on every interface; what cannot be sent is lost, as a datagram may be anyway. */
  send(group: Group, packet: Uint8Array): void;
  /** The joined addresses. */
  groups(): string[];
  /** Names of the interfaces in use. */
  interfaces(): string[];
}

/** An interface in use. */
interface Attached {
  readonly one: NetworkInterface;
  readonly link: BeaconLink;
}

/** On real sockets. It hears and says nothing until it is told to `use` interfaces. */
export class SocketBeacon implements Beacon {
  readonly #options: BeaconOptions;
  readonly #links = new Map<string, Attached>();
  /** By IPv6 address. */
  readonly #joined = new Map<string, Group>();
  /**
   * IPv4 has one receiver a group, whatever the interfaces: of two, each would hear what comes to
   * both.
   */
  readonly #receivers = new Map<Group, Socket>();
  readonly #told = new Set<string>();
  #changing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: BeaconOptions) {
    this.#options = options;
  }

  /**
   * Uses these interfaces from now on; those that failed before are tried again. Resolves once the
   * joined groups are heard on them, to true when anything is another than before.
   */
  use(interfaces: readonly NetworkInterface[]): Promise<boolean> {
    const changed = this.#changing.then(() => this.#change(interfaces));
    this.#changing = changed;
    return changed;
  }

  async join(group: Group): Promise<void> {
    if (this.#joined.has(group.ipv6)) return;
    this.#joined.set(group.ipv6, group);
    await Promise.all([this.#receive(group), ...this.#all().map((link) => link.join(group))]);
  }

  leave({ ipv6 }: Group): void {
    const group = this.#joined.get(ipv6);
    if (group === undefined) return;
    this.#joined.delete(ipv6);
    this.#receivers.get(group)?.close();
    this.#receivers.delete(group);
    for (const link of this.#all()) link.leave(group);
  }

  send(group: Group, packet: Uint8Array): void {
    for (const link of this.#all()) link.send(group, packet);
  }

  groups(): string[] {
    const links = this.#all();
    const hasIpv4 = links.some((link) => link.hasIpv4);
    const ipv4 = hasIpv4 ? [...this.#receivers.keys()].map((group) => group.ipv4) : [];
    return [...ipv4, ...links.flatMap((link) => link.groups())];
  }

  interfaces(): string[] {
    return [...this.#links.keys()];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#joined.clear();
    for (const socket of this.#receivers.values()) socket.close();
    this.#receivers.clear();
    this.#changing = this.#changing.then(() => this.#change([]));
    await this.#changing;
  }

  #all(): BeaconLink[] {
    return [...this.#links.values()].map(({ link }) => link);
  }

  async #change(interfaces: readonly NetworkInterface[]): Promise<boolean> {
    const gone = [...this.#links].filter(
      ([, { one }]) => !interfaces.some((now) => isSameLink(one, now)),
    );
    for (const [name, { link }] of gone) {
      log("leave interface %s", name);
      this.#links.delete(name);
      link.close();
    }
    const fresh = this.#isClosed ? [] : interfaces.filter((one) => !this.#links.has(one.name));
    const added = await Promise.all(fresh.map((one) => this.#attach(one)));
    return gone.length > 0 || added.includes(true);
  }

  async #attach(one: NetworkInterface): Promise<boolean> {
    const { port, onDatagram } = this.#options;
    const onProblem = (error: unknown) => this.#tell(error);
    try {
      const link = await openLink(one, { port, onDatagram, onProblem });
      log("use interface %s", one.name);
      this.#links.set(one.name, { one, link });
      await Promise.all([...this.#joined.values()].map((group) => link.join(group)));
      return true;
    } catch (error) {
      this.#tell(error);
      return false;
    }
  }

  async #receive(group: Group): Promise<void> {
    const { port, onDatagram } = this.#options;
    try {
      const socket = await openReceiver({ address: group.ipv4, port }, onDatagram);
      // It may have been left while the socket was being bound.
      if (this.#joined.get(group.ipv6) === group) this.#receivers.set(group, socket);
      else socket.close();
    } catch (error) {
      this.#tell(error);
    }
  }

  /** Once: what fails is tried again with every change. */
  #tell(error: unknown): void {
    const problem = interfaceError(error);
    if (this.#told.has(problem.message)) return;
    this.#told.add(problem.message);
    this.#options.onProblem(problem);
  }
}

/**
 * Its other addresses come and go, as those of IPv6 that are made for privacy, and nothing depends
 * on them here.
 */
function isSameLink(a: NetworkInterface, b: NetworkInterface): boolean {
  return a.name === b.name && a.ipv4 === b.ipv4 && a.ipv6 === b.ipv6;
}

function interfaceError(cause: unknown): InfieldError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InfieldError(
    "network-interface",
    `a network interface cannot multicast: ${reason}`,
    "check the interface with `ip maddr`, or name another one with --interface",
    cause,
  );
}
