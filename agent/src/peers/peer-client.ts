/**
 * Dialling a neighbour: at the source address of a packet, which names a port but never an address,
 * as that would be a weapon; or at an address that a person typed.
 */
import { connect } from "node:net";
import { PEER_PORT } from "@infield/shared/announce";
import { InfieldError, MAX_MESSAGE_BYTES } from "@infield/shared/base";
import { WebSocket } from "ws";
import type { Clock } from "../timing/clock.ts";
import { openPeerLink, otherChannel } from "./handshake.ts";
import { addressOf } from "./listen.ts";
import type { LocalPeer, PeerLink } from "./peer-link.ts";
import { CLOSE, HELLO_MS, PING_MS, socketOptions } from "./wire.ts";

export const PEER_PATH = "/peer";

/**
 * The listening side pings. A connection without pings is dead, though TCP itself takes minutes to
 * find out.
 */
const SILENT_MS = 2.5 * PING_MS;

/**
 * Connects to a neighbour's listener and says hello. `address` may be link-local with a scope,
 * which no URL can hold: so the connection is made here, and the URL names nobody. Throws
 * `peer-failed`, which says why, `unknown-channel`, AbortError.
 */
export async function dialPeer(
  address: string,
  port: number,
  local: LocalPeer,
  signal?: AbortSignal,
): Promise<PeerLink> {
  signal?.throwIfAborted();
  const stream = connect({ host: address, port });
  const socket = new WebSocket(`ws://neighbour${PEER_PATH}`, {
    createConnection: () => stream,
    handshakeTimeout: HELLO_MS,
    ...socketOptions(MAX_MESSAGE_BYTES),
    followRedirects: false,
  });
  const abort = () => socket.terminate();
  signal?.addEventListener("abort", abort);
  socket.once("close", () => signal?.removeEventListener("abort", abort));
  endWhenSilent(socket, local.clock);
  // An error is always followed by `close`, which is what the link listens to.
  const end: { error?: Error; code?: number } = {};
  socket.on("error", (error) => {
    end.error ??= error;
  });
  socket.once("close", (code) => {
    end.code = code;
  });
  // Not after `open`: the neighbour's hello may arrive together with its answer to the upgrade.
  // For a typed name, the link has the address that it stood for: neighbours are told apart by it.
  return openPeerLink(socket, () => addressOf(stream), local).catch((error: unknown) => {
    if (signal?.aborted) throw signal.reason;
    const { error: cause, code } = end;
    if (code === CLOSE.refused) throw otherChannel();
    throw cause === undefined ? error : unreachable(address, port, cause);
  });
}

function endWhenSilent(socket: WebSocket, clock: Clock): void {
  const end = () => socket.terminate();
  let cancel = clock.startTimer(SILENT_MS, end);
  socket.on("ping", () => {
    cancel();
    cancel = clock.startTimer(SILENT_MS, end);
  });
  socket.once("close", () => cancel());
}

/** Why there was no connection, and what a person who typed the address can do about it. */
function unreachable(host: string, port: number, cause: NodeJS.ErrnoException): InfieldError {
  const [what, hint] = describeFailure(`${host} port ${port}`, cause);
  return new InfieldError("peer-failed", what, hint, cause);
}

function describeFailure(
  where: string,
  { code, message }: NodeJS.ErrnoException,
): [string, string] {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return [`${where}: no machine is known by that name`, "give its address in numbers"];
    case "ECONNREFUSED":
      return [
        `no agent listens at ${where}`,
        "start `infield agent` there, and look at the port it uses",
      ];
    case "ENETUNREACH":
    case "EHOSTUNREACH":
      return [`no route leads to ${where}`, "connect both laptops to the same network"];
    case "ETIMEDOUT":
      return noAnswer(where);
  }
  if (message.includes("handshake has timed out")) return noAnswer(where);
  if (message.includes("server response") || code?.startsWith("HPE_")) {
    return [
      `what answers at ${where} is not a laptop's agent`,
      `neighbours use the port after the page's, ${PEER_PORT} unless told otherwise`,
    ];
  }
  return [`${where} broke off`, "it is tried again with the next announcement"];
}

function noAnswer(where: string): [string, string] {
  return [
    `nobody answers at ${where}`,
    "is that laptop on, and on the same network? `infield doctor --network` says what works here",
  ];
}
