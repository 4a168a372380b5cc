/** WebSockets of `ws` as wires, and the limits and close codes that all of them share. */
import { InfieldError } from "@infield/shared/base";
import type { Wire } from "@infield/shared/transfer";
import type { RawData, WebSocket } from "ws";

/**
 * Why a connection was closed (docs/protocol.md, section 3): 4000 and above are an application's
 * own (RFC 6455, 7.4.2).
 */
export const CLOSE = {
  goingAway: 1001,
  badMessage: 4400,
  wrongToken: 4401,
  refused: 4403,
  tooLate: 4408,
  tooMany: 4429,
} as const;

/**
 * Milliseconds for the handshake and the first message: a bad radio needs one second, and whoever
 * takes longer takes up a place on purpose.
 */
export const HELLO_MS = 5_000;

/**
 * How often the listening side pings: a neighbour that left without a word is noticed after two
 * pings, and the CPU can sleep in between.
 */
export const PING_MS = 30_000;

/** Frames of one message: ours come in one, a browser may split a long one. */
const MAX_FRAGMENTS = 1_024;
/** Chunks of an incomplete frame in memory: the longest message in packets of 512 bytes. */
const MAX_CHUNKS = 16 * 1_024;

/**
 * The options of all our WebSockets (RFC 6455); nothing is left to the defaults of `ws`. There is
 * no compression: what is large is compressed already, and a zip bomb would need it.
 */
export function socketOptions(maxMessageBytes: number) {
  return {
    maxPayload: maxMessageBytes,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_CHUNKS,
    perMessageDeflate: false,
    skipUTF8Validation: false,
  };
}

/**
 * Bytes that the other side may leave unread: sixty-four pieces, where an honest one asks for four
 * at a time.
 */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

export function createWire(socket: WebSocket): Wire {
  return {
    send: (frame) =>
      new Promise((resolve, reject) => {
        socket.send(frame, { binary: typeof frame !== "string" }, (error) =>
          error ? reject(error) : resolve(),
        );
      }),
    close: () => socket.close(CLOSE.goingAway),
  };
}

/** Ends connections without waiting for a goodbye. Resolves once they are gone. */
export async function endConnections(sockets: Iterable<WebSocket>): Promise<void> {
  await Promise.all(
    [...sockets].map((socket) => {
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      socket.close(CLOSE.goingAway);
      socket.terminate();
      return closed;
    }),
  );
}

/**
 * Calls `hear` with each frame while the connection is open: the text of text frames, the bytes of
 * binary ones. Ends the connection when the other side does not read what it asks for, so that it
 * piles up here; its pings count too, as each is answered.
 */
export function onFrame(socket: WebSocket, hear: (frame: string | Uint8Array) => void): void {
  const checkUnread = () => {
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate();
  };
  socket.on("ping", checkUnread);
  socket.on("message", (data, isBinary) => {
    checkUnread();
    if (socket.readyState === socket.OPEN) hear(frameOf(data, isBinary));
  });
}

function frameOf(data: RawData, isBinary: boolean): string | Uint8Array {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
  return isBinary ? new Uint8Array(bytes) : bytes.toString("utf8");
}

/**
 * Closes with a code and the error's sentence, cut to what a close frame holds (123 bytes, RFC
 * 6455, 5.5).
 */
export function closeFor(socket: WebSocket, code: number, error: unknown): void {
  const reason = error instanceof InfieldError ? error.message : "something went wrong here";
  socket.close(
    code,
    Buffer.from(reason)
      .subarray(0, 120)
      .toString("utf8")
      .replace(/\uFFFD+$/, ""),
  );
}
