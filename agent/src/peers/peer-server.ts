/**
 * The listener for neighbours: it takes WebSockets from laptops of the room, none from browsers,
 * and not too many from anybody.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { MAX_PEERS, PIECE_BYTES } from "@infield/shared/base";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../timing/clock.ts";
import { openPeerLink } from "./handshake.ts";
import { addressOf, type Listener, type ListenOptions, listen, refuse } from "./listen.ts";
import { PEER_PATH } from "./peer-client.ts";
import type { LocalPeer } from "./peer-link.ts";
import { endConnections, PING_MS, socketOptions } from "./wire.ts";

export interface PeerServer extends Listener {
  /** Neighbours connected now. */
  count(): number;
  /** Ends their connections, and goes on listening. */
  letGo(): Promise<void>;
}

/**
 * Connections from one address: several agents on one machine share it, as do laptops behind one
 * access point.
 */
const MAX_PER_ADDRESS = 16;
/**
 * Bytes of one message to the listening side: hello, reports, requests, orders, and a piece with
 * its number. The large ones go the other way.
 */
const MAX_REQUEST_BYTES = PIECE_BYTES + 4;

/** Listens for neighbours. Throws `port-taken`, `network-interface`. */
export async function startPeerServer(
  options: Pick<ListenOptions, "hosts" | "port" | "accepts">,
  local: LocalPeer,
): Promise<PeerServer> {
  const sockets = new Set<WebSocket>();
  const upgrader = new WebSocketServer({
    noServer: true,
    ...socketOptions(MAX_REQUEST_BYTES),
    clientTracking: false,
  });
  const pinger = createPinger(sockets, local.clock);

  function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const status = refusal(request);
    if (status !== undefined) {
      refuse(stream, status);
      return;
    }
    upgrader.handleUpgrade(request, stream, head, (socket) => {
      sockets.add(socket);
      pinger.start();
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => socket.terminate());
      openPeerLink(socket, () => addressOf(request.socket), local).catch(() => {
        // It was told why when its connection was closed, and nothing here waits for it.
      });
    });
  }

  const listener = await listen({
    ...options,
    maxConnections: MAX_PEERS,
    maxPerAddress: MAX_PER_ADDRESS,
    onRequest: (_, response) => response.writeHead(404).end(),
    onUpgrade,
  });
  return {
    port: listener.port,
    count: () => sockets.size,
    letGo: () => endConnections(sockets),
    async close() {
      pinger.stop();
      await Promise.all([endConnections(sockets), listener.close()]);
    },
  };
}

/**
 * The HTTP status that refuses a neighbour, if any. Browsers always send an Origin (RFC 6455, 10.2)
 * and laptops never do, so no web page can make its visitor's browser talk to the laptops of a
 * room.
 */
function refusal(request: IncomingMessage): string | undefined {
  if (request.url !== PEER_PATH) return "404 Not Found";
  if (request.headers.origin !== undefined) return "403 Forbidden";
  return undefined;
}

/** Ends connections that do not answer. Its timer runs only while there are connections. */
function createPinger(sockets: ReadonlySet<WebSocket>, clock: Clock) {
  const silent = new WeakSet<WebSocket>();
  let cancel: (() => void) | undefined;

  function start(): void {
    if (sockets.size > 0) cancel ??= clock.startTimer(PING_MS, ping);
  }
  function ping(): void {
    cancel = undefined;
    for (const socket of sockets) {
      if (silent.has(socket)) socket.terminate();
      silent.add(socket);
      socket.once("pong", () => silent.delete(socket));
      socket.ping();
    }
    start();
  }
  return { start, stop: () => cancel?.() };
}
