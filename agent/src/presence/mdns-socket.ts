/**
 * Multicast DNS packets in and out (RFC 6762), by the library `multicast-dns`. What comes in is
 * bounded before it is parsed, and only what comes from a network of ours is looked at
 * (docs/protocol.md, rule 7.6).
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { EventEmitter } from "node:events";
import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";
import multicastDns, {
  type QueryOutgoingPacket,
  type QueryPacket,
  type ResponsePacket,
} from "multicast-dns";
import type { NetworkInterface } from "../host/interfaces.ts";
import type { Clock } from "../timing/clock.ts";
import { createLimiter } from "../timing/token-bucket.ts";
import { SERVICE_TYPE } from "./service.ts";

interface MdnsOptions {
  readonly clock: Clock;
  readonly interfaces: readonly NetworkInterface[];
  onQuery(query: QueryPacket): void;
  onResponse(response: ResponsePacket, address: string): void;
}

export interface MdnsSocket {
  /** Sends on every interface; what cannot be sent is lost, as a datagram may be anyway. */
  query(packet: QueryOutgoingPacket): void;
  close(): Promise<void>;
}

const PORT = 5353;
const GROUP = "224.0.0.251";
/** Hops, and bytes of a packet (RFC 6762, 11 and 17). */
const [HOPS, MAX_BYTES] = [255, 9000];
/** Every packet that matters to us has this label of a name spelled out at least once. */
const LABEL = SERVICE_TYPE.slice(0, SERVICE_TYPE.indexOf("."));
/**
 * Packets parsed: of one source, when it starts, a few; of all, a class that wakes together. A
 * flood costs a few per cent.
 */
const [ONE, ALL] = [
  { burst: 32, perSecond: 4 },
  { burst: 256, perSecond: 64 },
];

/**
 * Throws what binding gives: `EADDRINUSE` when another program has the port for itself. Bound to
 * the group's address, not to 0.0.0.0: a responder of the system that has the port too would lose
 * the answers that are sent to it alone (RFC 6762, 15.1).
 */
export async function openMdnsSocket(options: MdnsOptions): Promise<MdnsSocket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ port: PORT, address: GROUP }, () => {
      socket.removeAllListeners("error");
      resolve();
    });
  });
  const outward = join(socket, options.interfaces);
  const passed = passFrom(socket, options);
  // multicast-dns is left parsing and formatting: its own sockets look for new interfaces every 5
  // s, which wakes a laptop at rest.
  const mdns = multicastDns({ socket: passed as unknown as Socket, bind: false, multicast: false });
  mdns.on("query", options.onQuery);
  mdns.on("response", (response, { address }) => options.onResponse(response, address));

  let sending = Promise.resolve();
  async function sendOnAll(packet: QueryOutgoingPacket): Promise<void> {
    for (const address of outward) {
      // Fails while the interface is gone.
      if (attempt(() => socket.setMulticastInterface(address)))
        await new Promise<void>((done) => mdns.query(packet, () => done()));
    }
  }
  return {
    query(packet) {
      // One after the other, as the interface is a property of the socket.
      sending = sending.then(() => sendOnAll(packet));
    },
    async close() {
      await sending;
      await new Promise<void>((done) => mdns.destroy(done));
    },
  };
}

/**
 * Joins on every interface with an IPv4 address; returns those where that worked. Throws what
 * failed when it worked nowhere.
 */
function join(socket: Socket, interfaces: readonly NetworkInterface[]): string[] {
  const addresses = interfaces.flatMap(({ ipv4 }) => ipv4 ?? []);
  const joined = addresses.filter((address) => attempt(() => socket.addMembership(GROUP, address)));
  if (joined.length === 0) {
    socket.close();
    throw new Error("no network interface has an IPv4 address that can multicast");
  }
  socket.setMulticastTTL(HOPS);
  // Other agents and browsers on this machine hear us.
  socket.setMulticastLoopback(true);
  return joined;
}

/** What multicast-dns uses of a socket, with only those datagrams that may be parsed. */
function passFrom(socket: Socket, { clock, interfaces }: MdnsOptions): EventEmitter {
  const passed = new EventEmitter();
  const mayParse = createLimiter(clock, ONE, ALL);
  const onLink = networksOf(interfaces);
  socket.on("message", (bytes: Buffer, from: RemoteInfo) => {
    if (bytes.length > MAX_BYTES || !bytes.includes(LABEL)) return;
    if (onLink.check(from.address) && mayParse(from.address)) passed.emit("message", bytes, from);
  });
  // A link that went down: nothing to be done about it, nothing to stop for.
  socket.on("error", () => {});
  return Object.assign(passed, {
    send: socket.send.bind(socket),
    close: socket.close.bind(socket),
  });
}

/** Rule 7.6: the networks that the interfaces are in. */
function networksOf(interfaces: readonly NetworkInterface[]): BlockList {
  const networks = new BlockList();
  const found = networkInterfaces();
  for (const { name } of interfaces) {
    for (const { family, address, cidr } of found[name] ?? [])
      if (family === "IPv4" && cidr !== null)
        networks.addSubnet(address, Number(cidr.slice(cidr.indexOf("/") + 1)), "ipv4");
  }
  return networks;
}

function attempt(run: () => void): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
