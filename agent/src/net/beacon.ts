/**
 * The beacon moves opaque datagrams: it joins groups, hears what comes to them, and sends to groups it has not joined.
 * What a datagram means is discovery's business. One interface that fails does not stop the others.
 */
import { createSocket, type Socket } from "node:dgram";
import { type Group, InfieldError } from "@infield/shared";
import type { NetworkInterface } from "./interfaces.ts";

export interface Datagram {
  readonly bytes: Uint8Array;
  /** Where it came from, link-local addresses with their scope: the only thing about a sender that is not a claim. */
  readonly address: string;
  /** The group address it was sent to. */
  readonly group: string;
  /** Datagrams that came to this address since it was joined, this one included. */
  readonly received: number;
}

interface BeaconOptions {
  readonly interfaces: readonly NetworkInterface[];
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
  close(): Promise<void>;
}

/** Hops: announcements stay in the room (RFC 1112, 6.1). */
const HOPS = 1;

/** Opens a sending socket an interface; receiving ones follow with `join`. Throws `network-interface` when none works. */
export async function openBeacon(options: BeaconOptions): Promise<Beacon> {
  const senders = await openSenders(options);
  const receivers = new Map<string, Socket[]>();

  return {
    async join(group) {
      if (receivers.has(group.ipv6)) return;
      const sockets: Socket[] = [];
      receivers.set(group.ipv6, sockets);
      const opening = receiversOf(group, options).map(async (open) => {
        const socket = await open.catch((error: unknown) => void options.onProblem(interfaceError(error)));
        if (socket === undefined) return;
        // The group may have been left while its sockets were still being bound.
        if (receivers.get(group.ipv6) === sockets) sockets.push(socket);
        else socket.close();
      });
      await Promise.all(opening);
    },
    leave(group) {
      for (const socket of receivers.get(group.ipv6) ?? []) socket.close();
      receivers.delete(group.ipv6);
    },
    send(group, packet) {
      for (const send of senders) send(group, packet);
    },
    groups: () => [...receivers.values()].flat().map((socket) => socket.address().address),
    async close() {
      for (const sockets of receivers.values()) for (const socket of sockets) socket.close();
      receivers.clear();
      // Spliced, as a send that comes later is lost like any other.
      for (const send of senders.splice(0)) send.close();
    },
  };
}

interface Sender {
  (group: Group, packet: Uint8Array): void;
  close(): void;
}

async function openSenders({ interfaces, port, onProblem }: BeaconOptions): Promise<Sender[]> {
  const opening = interfaces.flatMap((one) => [
    ...(one.ipv4 === undefined ? [] : [openSender("udp4", one.ipv4, (group) => group.ipv4, port)]),
    ...(one.ipv6 ? [openSender("udp6", `::%${one.name}`, (group) => `${group.ipv6}%${one.name}`, port)] : []),
  ]);
  const opened = await Promise.allSettled(opening);
  const senders = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const problems = opened.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (senders.length === 0) throw interfaceError(problems[0]);
  for (const problem of problems) onProblem(interfaceError(problem));
  return senders;
}

async function openSender(
  type: "udp4" | "udp6",
  from: string,
  addressOf: (group: Group) => string,
  port: number,
): Promise<Sender> {
  const socket = createSocket(type);
  await bind(socket, 0, type === "udp4" ? from : "::");
  prepare(socket, () => {
    socket.setMulticastInterface(from);
    socket.setMulticastTTL(HOPS);
    // Several agents on one machine hear each other.
    socket.setMulticastLoopback(true);
  });
  // A link that goes down makes sends fail until it is back: nothing to be done about it, nothing to stop for.
  const ignore = () => {};
  socket.on("error", ignore);
  const send = (group: Group, packet: Uint8Array) => socket.send(packet, port, addressOf(group), ignore);
  return Object.assign(send, { close: () => void socket.close() });
}

/**
 * Sockets are bound to the group's own address: bound to any other, they would hear every group that any process of this
 * machine has joined. IPv4 needs one for all interfaces (two would each hear both), IPv6 one an interface.
 */
function receiversOf(group: Group, options: BeaconOptions): Promise<Socket>[] {
  const ipv4 = options.interfaces.flatMap((one) => one.ipv4 ?? []);
  const ipv6 = options.interfaces.filter((one) => one.ipv6).map((one) => `${group.ipv6}%${one.name}`);
  return [
    ...(ipv4.length > 0 ? [openReceiver("udp4", group.ipv4, ipv4, options)] : []),
    ...ipv6.map((address) => {
      const scope = address.slice(address.indexOf("%"));
      return openReceiver("udp6", address, [`::${scope}`], options);
    }),
  ];
}

async function openReceiver(
  type: "udp4" | "udp6",
  address: string,
  interfaces: readonly string[],
  { port, onDatagram, onProblem }: BeaconOptions,
): Promise<Socket> {
  const socket = createSocket({ type, reuseAddr: true });
  await bind(socket, port, address);
  const errors = interfaces.map((one) => attempt(() => socket.addMembership(address, one)));
  const failed = errors.filter((error) => error !== undefined);
  if (failed.length === interfaces.length) {
    socket.close();
    throw failed[0];
  }
  for (const error of failed) onProblem(interfaceError(error));
  let received = 0;
  socket.on("error", (error) => onProblem(interfaceError(error)));
  socket.on("message", (bytes, from) => {
    received++;
    onDatagram({ bytes: Uint8Array.from(bytes), address: from.address, group: address, received });
  });
  return socket;
}

function bind(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.close();
      reject(error);
    };
    socket.once("error", fail);
    socket.bind({ port, address }, () => {
      socket.off("error", fail);
      resolve();
    });
  });
}

/** Sets a fresh socket up, and closes it when that fails. */
function prepare(socket: Socket, set: () => void): void {
  try {
    set();
  } catch (error) {
    socket.close();
    throw error;
  }
}

function attempt(run: () => void): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

function interfaceError(cause: unknown): InfieldError {
  const reason = cause instanceof Error ? cause.message : "it has no address";
  return new InfieldError(
    "network-interface",
    `a network interface cannot multicast: ${reason}`,
    "check the interface with `ip maddr`, or name another one with --interface",
    cause,
  );
}
