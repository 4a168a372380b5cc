/**
 * The beacon moves opaque datagrams: it joins groups, hears what comes to them, and sends to groups
 * it has not joined, on interfaces that come and go. What a datagram means is discovery's business.
 * One interface that fails does not stop the others.
 */
import type { Socket } from "node:dgram";
import type { Group } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import type { NetworkInterface } from "../host/interfaces.ts";
import { type BeaconLink, openLink } from "./beacon-link.ts";
import type { Datagram } from "./datagram.ts";
import { openReceiver } from "./multicast-socket.ts";

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

export interface SocketBeacon extends Beacon {
  /**
   * Uses these interfaces from now on; those that failed before are tried again. Resolves once the
   * joined groups are heard on them, to true when anything is another than before.
   */
  use(interfaces: readonly NetworkInterface[]): Promise<boolean>;
  close(): Promise<void>;
}

/** A beacon that hears and says nothing until it is told to `use` interfaces. */
export function openBeacon({ port, onDatagram, onProblem }: BeaconOptions): SocketBeacon {
  const links = new Map<string, { readonly one: NetworkInterface; readonly link: BeaconLink }>();
  /** By IPv6 address. */
  const joined = new Map<string, Group>();
  /**
   * IPv4 has one receiver a group, whatever the interfaces: of two, each would hear what comes to
   * both.
   */
  const receivers = new Map<Group, Socket>();
  const told = new Set<string>();
  let changing: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** Once: what fails is tried again with every change. */
  function tell(error: unknown): void {
    const problem = interfaceError(error);
    if (told.has(problem.message)) return;
    told.add(problem.message);
    onProblem(problem);
  }

  async function receive(group: Group): Promise<void> {
    try {
      const socket = await openReceiver({ address: group.ipv4, port }, onDatagram);
      // It may have been left while the socket was being bound.
      if (joined.get(group.ipv6) === group) receivers.set(group, socket);
      else socket.close();
    } catch (error) {
      tell(error);
    }
  }

  async function add(one: NetworkInterface): Promise<boolean> {
    try {
      const link = await openLink(one, { port, onDatagram, onProblem: tell });
      links.set(one.name, { one, link });
      await Promise.all([...joined.values()].map(link.join));
      return true;
    } catch (error) {
      tell(error);
      return false;
    }
  }

  async function change(interfaces: readonly NetworkInterface[]): Promise<boolean> {
    const gone = [...links].filter(
      ([, { one }]) => !interfaces.some((now) => isSameLink(one, now)),
    );
    for (const [name, { link }] of gone) {
      links.delete(name);
      link.close();
    }
    const fresh = closed ? [] : interfaces.filter((one) => !links.has(one.name));
    const added = await Promise.all(fresh.map(add));
    return gone.length > 0 || added.includes(true);
  }

  return {
    use(interfaces) {
      const changed = changing.then(() => change(interfaces));
      changing = changed;
      return changed;
    },
    async join(group) {
      if (joined.has(group.ipv6)) return;
      joined.set(group.ipv6, group);
      await Promise.all([
        receive(group),
        ...[...links.values()].map(({ link }) => link.join(group)),
      ]);
    },
    leave({ ipv6 }) {
      const group = joined.get(ipv6);
      if (group === undefined) return;
      joined.delete(ipv6);
      receivers.get(group)?.close();
      receivers.delete(group);
      for (const { link } of links.values()) link.leave(group);
    },
    send(group, packet) {
      for (const { link } of links.values()) link.send(group, packet);
    },
    groups() {
      const all = [...links.values()].map(({ link }) => link);
      const ipv4 = all.some((link) => link.hasIpv4)
        ? [...receivers.keys()].map((group) => group.ipv4)
        : [];
      return [...ipv4, ...all.flatMap((link) => link.groups())];
    },
    interfaces: () => [...links.keys()],
    async close() {
      closed = true;
      joined.clear();
      for (const socket of receivers.values()) socket.close();
      receivers.clear();
      changing = changing.then(() => change([]));
      await changing;
    },
  };
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
