/** A WebSocket to a neighbour, as the handshake and the link that follows it use it. */
import { Asker, failedAnswer, type PeerMessage, type Wire } from "@infield/shared/transfer";
import type { WebSocket } from "ws";
import type { Clock } from "../timing/clock.ts";
import { closeFor, createWire } from "./wire.ts";

export interface Connection {
  readonly wire: Wire;
  /** Asks the neighbour. */
  readonly asker: Asker;
  /** Resolves once it is gone. */
  readonly closed: Promise<void>;
  isOpen(): boolean;
  /** What cannot be sent ends it. */
  send(message: PeerMessage): void;
  /** Answers a request by the error that it ended with. */
  sendFailure(id: number, error: unknown): void;
  /** Closes it with a code of ours and a sentence. */
  close(code: number, reason: string): void;
  /** The same, with the sentence of an error. */
  closeFor(code: number, error: unknown): void;
}

export function createConnection(socket: WebSocket, clock: Clock): Connection {
  const wire = createWire(socket);
  const asker = new Asker(wire, clock.startTimer);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  void closed.then(() => asker.onClose());
  const sendText = (text: string) => void wire.send(text).catch(() => socket.terminate());
  return {
    wire,
    asker,
    closed,
    isOpen: () => socket.readyState === socket.OPEN,
    send: (message) => sendText(JSON.stringify(message)),
    sendFailure: (id, error) => sendText(failedAnswer(id, error)),
    close: (code, reason) => socket.close(code, reason),
    closeFor: (code, error) => closeFor(socket, code, error),
  };
}
