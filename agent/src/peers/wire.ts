/** WebSockets of `ws` as wires, and the limits and close codes that all of ours share. */
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
 * Milliseconds for the handshake and the first message: a bad radio needs one, whoever needs more
 * holds a place on purpose.
 */
export const HELLO_MS = 5_000;

/**
 * Who listens pings this often: one that left without a word is noticed within two; seldom enough
 * to let the CPU sleep.
 */
export const PING_MS = 30_000;

/** Frames that one message comes in: ours come in one, a browser may cut a long one. */
const MAX_FRAGMENTS = 1_024;
/**
 * Parts in which bytes of one frame lie in memory until it is complete: packets of 512 bytes of the
 * longest message.
 */
const MAX_CHUNKS = 16 * 1_024;

/**
 * The options of all our WebSockets (RFC 6455), none left to what `ws` thinks best. No compression:
 * all that is large is compressed already, and a zip bomb needs it.
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
 * Bytes of ours that the other side may leave unread: forty pieces, of which an honest one asks for
 * four at a time.
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

/** Ends connections, not waiting for the other sides' goodbye. Resolves once they are gone. */
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
 * Hears frames as long as the connection is open: text of text frames, bytes of binary ones. Ends
 * it when what the other side asks for and does not read piles up here; its pings count too, as
 * each is answered.
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
