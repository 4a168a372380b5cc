/**
 * An HTTP server for each host address, all on one port: what the page's and the neighbours'
 * listeners have in common.
 */
import type { IncomingMessage } from "node:http";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { InfieldError } from "@infield/shared/base";
import { HELLO_MS } from "./wire.ts";

export interface Listener {
  readonly port: number;
  /** Ends every connection and lets go of the port. */
  close(): Promise<void>;
}

export interface ListenOptions {
  /**
   * Addresses to listen on. The first one must work; others are left out where the machine has no
   * such address. Undefined: all addresses, of both families where there is IPv6 (as Node does
   * without a host).
   */
  readonly hosts: readonly (string | undefined)[];
  /** 0: any port that is free on all hosts. */
  readonly port: number;
  /** Connections at a time, on each host. */
  readonly maxConnections: number;
  /** False for an address of this machine where nobody is heard. Left out: all are accepted. */
  accepts?(address: string): boolean;
  /**
   * Connections at a time from one address, counted from the first packet: one that never asks for
   * anything takes up a place too.
   */
  readonly maxPerAddress: number;
  readonly onRequest: RequestListener;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Attempts to find a port: what is free on one host may be taken on the next. */
const PORT_TRIES = 10;
/** How often Node looks for slow requests: seldom, as it wakes a laptop at rest. */
const SLOW_CHECK_MS = 60_000;

/**
 * Listens. Throws `port-taken`, or `network-interface` when the first host is no address of this
 * machine.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  for (let tries = 1; ; tries++) {
    try {
      return await listenOnce(options);
    } catch (error) {
      const retry =
        options.port === 0 && error instanceof InfieldError && error.code === "port-taken";
      if (!retry || tries === PORT_TRIES) throw error;
    }
  }
}

async function listenOnce(options: ListenOptions): Promise<Listener> {
  const servers: Server[] = [];
  let port = options.port;
  const close = async () => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    for (const [index, host] of options.hosts.entries()) {
      const server = await listenOn(host, port, options, index > 0);
      if (server === undefined) continue;
      servers.push(server);
      port = (server.address() as AddressInfo).port;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { port, close };
}

/** A server on one address; undefined for an optional address that the machine does not have. */
async function listenOn(
  host: string | undefined,
  port: number,
  options: ListenOptions,
  optional: boolean,
): Promise<Server | undefined> {
  const server = createServer(
    {
      headersTimeout: HELLO_MS,
      requestTimeout: HELLO_MS,
      connectionsCheckingInterval: SLOW_CHECK_MS,
    },
    options.onRequest,
  );
  server.maxConnections = options.maxConnections;
  limitPerAddress(server, options);
  server.on("upgrade", options.onUpgrade);
  return new Promise((resolve, reject) => {
    // Not once: a later error, such as no more file descriptors, must not end the agent.
    server.on("error", (error: NodeJS.ErrnoException) => {
      if (optional && (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT"))
        resolve(undefined);
      else reject(listenError(host ?? "this machine", port, error));
    });
    server.listen({ port, ...(host !== undefined && { host }) }, () => resolve(server));
  });
}

/** Drops connections to an address that is not used, and from one that has enough. */
function limitPerAddress(server: Server, { maxPerAddress, accepts }: ListenOptions): void {
  const open = new Map<string, number>();
  server.on("connection", (socket) => {
    const address = addressOf(socket);
    const before = open.get(address) ?? 0;
    if (before >= maxPerAddress || accepts?.(plainAddress(socket.localAddress)) === false) {
      socket.destroy();
      return;
    }
    open.set(address, before + 1);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

export function addressOf(socket: Socket): string {
  return plainAddress(socket.remoteAddress);
}

/** On a dual-stack socket an IPv4 address looks like `::ffff:192.0.2.7`. */
function plainAddress(address = ""): string {
  return address.replace(/^::ffff:/, "");
}

/**
 * Refuses an upgrade. Whoever then keeps its side open is cut off: a refused connection takes up no
 * place.
 */
export function refuse(stream: Duplex, status: string): void {
  stream.on("error", () => stream.destroy());
  stream.once("finish", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function listenError(host: string, port: number, cause: NodeJS.ErrnoException): InfieldError {
  if (cause.code === "EADDRINUSE" || cause.code === "EACCES") {
    return new InfieldError(
      "port-taken",
      `port ${port} on ${host} is in use by another program, or not allowed`,
      "stop the other program, or choose another port with --port",
      cause,
    );
  }
  return new InfieldError(
    "network-interface",
    `this machine cannot listen on ${host} (${cause.code ?? "unknown"})`,
    "check its network interfaces with `ip address`",
    cause,
  );
}
