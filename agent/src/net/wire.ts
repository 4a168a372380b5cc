/** WebSockets of `ws` as wires, and the limits and close codes that all of ours share. */
import { InfieldError, type Wire } from "@infield/shared";
import type { RawData, WebSocket } from "ws";

/** Why a connection was closed (docs/protocol.md, section 3): 4000 and above are an application's own (RFC 6455, 7.4.2). */
export const CLOSE = {
  goingAway: 1001,
  badMessage: 4400,
  wrongToken: 4401,
  refused: 4403,
  tooLate: 4408,
  tooMany: 4429,
} as const;

/** Milliseconds for the handshake and the first message: a bad radio needs one, whoever needs more holds a place on purpose. */
export const HELLO_MS = 5_000;

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

/** Text of a text frame, bytes of a binary one. */
export function frameOf(data: RawData, isBinary: boolean): string | Uint8Array {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
  return isBinary ? new Uint8Array(bytes) : bytes.toString("utf8");
}

/** Closes with a code and the error's sentence, cut to what a close frame holds (123 bytes, RFC 6455, 5.5). */
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
