/** The page's listener: static files and one kind of WebSocket, for this machine only. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { MAX_MESSAGE_BYTES } from "@infield/shared/base";
import { type WebSocket, WebSocketServer } from "ws";
import { type Listener, listen, refuse } from "../peers/listen.ts";
import { endConnections, socketOptions } from "../peers/wire.ts";
import { isOurHost, isOurOrigin } from "./page-guard.ts";
import { listStaticFiles } from "./static-files.ts";

/** Loopback of both families; a machine without IPv6 does without. */
const HOSTS = ["127.0.0.1", "::1"];
const PAGE_PATH = "/page";
/** Connections of browsers (six a tab, one WebSocket) and commands on this machine. */
const MAX_CONNECTIONS = 64;

interface PageServerOptions {
  /** 0: any. */
  readonly port: number;
  /** Folder of the built page. */
  readonly pageDir: string;
  /** A WebSocket that passed the checks of Host and Origin; its token is still to be seen. */
  onSocket(socket: WebSocket): void;
}

/** Listens. Throws `port-taken`. */
export async function startPageServer(options: PageServerOptions): Promise<Listener> {
  const sockets = new Set<WebSocket>();
  const serveFile = await listStaticFiles(options.pageDir);
  const upgrader = new WebSocketServer({
    noServer: true,
    ...socketOptions(MAX_MESSAGE_BYTES),
    clientTracking: false,
  });

  function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (request.url !== PAGE_PATH) refuse(stream, "404 Not Found");
    else if (!isOurHost(request)) refuse(stream, "421 Misdirected Request");
    else if (!isOurOrigin(request)) refuse(stream, "403 Forbidden");
    else upgrader.handleUpgrade(request, stream, head, accept);
  }

  function accept(socket: WebSocket): void {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.terminate());
    options.onSocket(socket);
  }

  const listener = await listen({
    hosts: HOSTS,
    port: options.port,
    maxConnections: MAX_CONNECTIONS,
    // All of them are from this machine, which has one address.
    maxPerAddress: MAX_CONNECTIONS,
    onRequest(request, response) {
      if (isOurHost(request)) serveFile(request, response);
      else response.writeHead(421).end();
    },
    onUpgrade,
  });
  return {
    port: listener.port,
    async close() {
      await Promise.all([endConnections(sockets), listener.close()]);
    },
  };
}
