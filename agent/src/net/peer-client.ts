/** Dialling a neighbour. Only ever the source address of a packet: the port it names is a hint, an address it named would be a weapon. */
import { connect } from "node:net";
import { MAX_MESSAGE_BYTES } from "@infield/shared";
import { WebSocket } from "ws";
import { type LocalPeer, openPeerLink, type PeerLink } from "./peer-link.ts";
import { HELLO_MS } from "./wire.ts";

export const PEER_PATH = "/peer";

/**
 * Connects to a neighbour's peer listener and says hello. `address` may be link-local with a scope, which no URL can hold:
 * so the connection is made here and the URL names nobody. Throws `peer-failed`, `unknown-channel`, AbortError.
 */
export async function dialPeer(
  address: string,
  port: number,
  local: LocalPeer,
  signal?: AbortSignal,
): Promise<PeerLink> {
  signal?.throwIfAborted();
  const socket = new WebSocket(`ws://neighbour${PEER_PATH}`, {
    createConnection: () => connect({ host: address, port }),
    handshakeTimeout: HELLO_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
  });
  const abort = () => socket.terminate();
  signal?.addEventListener("abort", abort);
  socket.once("close", () => signal?.removeEventListener("abort", abort));
  // An error is always followed by `close`, which is what the link listens to.
  socket.on("error", () => {});
  // Not after `open`: the neighbour's hello may arrive together with its answer to the upgrade.
  return openPeerLink(socket, address, local).catch((error: unknown) => {
    throw signal?.aborted ? signal.reason : error;
  });
}
