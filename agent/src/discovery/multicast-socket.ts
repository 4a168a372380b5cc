/**
 * Sockets of the beacon: one kind that sends, one that receives. Both are closed when anything
 * about their setting up fails.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Datagram } from "./datagram.ts";

/** Hops: announcements stay in the room (RFC 1112, 6.1). */
const HOPS = 1;

/** A socket that sends to groups over one interface: `from` is its IPv4 address, or `::%name`. */
export async function openSender(type: "udp4" | "udp6", from: string): Promise<Socket> {
  const socket = createSocket(type);
  await setUp(socket, { port: 0, address: type === "udp4" ? from : "::" }, () => {
    socket.setMulticastInterface(from);
    socket.setMulticastTTL(HOPS);
    // Several agents on one machine hear each other.
    socket.setMulticastLoopback(true);
  });
  // A link that goes down makes sends fail until it is back: nothing to be done about it, nothing
  // to stop for.
  socket.on("error", () => {});
  return socket;
}

/**
 * A socket that hears one group. It is bound to the group's own address: bound to any other, it
 * would hear every group that any process of this machine has joined. IPv6 has one for each
 * interface, `over`; that of IPv4 hears what comes to any interface that is in the group, whichever
 * socket put it there (IP_MULTICAST_ALL in ip(7)).
 */
export async function openReceiver(
  { address, port, over }: { address: string; port: number; over?: string },
  onDatagram: (datagram: Datagram) => void,
): Promise<Socket> {
  const socket = createSocket({ type: over === undefined ? "udp4" : "udp6", reuseAddr: true });
  await setUp(socket, { port, address }, () => {
    if (over !== undefined) socket.addMembership(address.replace(/%.*/, ""), over);
  });
  let received = 0;
  socket.on("error", () => {});
  socket.on("message", (bytes, from) => {
    received++;
    onDatagram({ bytes: Uint8Array.from(bytes), address: from.address, group: address, received });
  });
  return socket;
}

async function setUp(
  socket: Socket,
  where: { port: number; address: string },
  set: () => void,
): Promise<void> {
  try {
    const listening = once(socket, "listening");
    socket.bind(where);
    await listening;
    set();
  } catch (error) {
    socket.close();
    throw error;
  }
}
