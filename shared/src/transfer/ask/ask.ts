/**
 * The asking side of a transfer: numbered requests, each with its answer, all of which fail when
 * the connection ends.
 */
import type { StartTimer } from "../../base/clock.ts";
import { ERROR_CODES, type ErrorCode, InfieldError } from "../../base/errors.ts";
import type { BlobRecord } from "../../records/release.ts";
import type { Cancel, Have, PeerOrder } from "../messages/peer-messages.ts";
import type { Answer, GetDelta, Request } from "../messages/requests.ts";
import type { Wire } from "../messages/wire.ts";
import { peerFailed } from "./peer-failed.ts";
import { PendingRequests } from "./pending-requests.ts";

/** A piece that was asked for. */
export interface PieceRequest {
  readonly answer: Promise<Uint8Array>;
  /** Says that it is not wanted any more. What is on its way comes nevertheless; else it fails. */
  cancel(): void;
}
/** A request before it has its number. */
type Unnumbered<T> = T extends { id: number } ? Omit<T, "id"> : never;

export interface Asker {
  /** The text of a `file` answer. */
  askText(request: Unnumbered<Request>, signal?: AbortSignal): Promise<string>;
  /** The bytes of a binary answer. */
  askBytes(request: Unnumbered<Request>, signal?: AbortSignal): Promise<Uint8Array>;
  /** A delta that was made later. Throws the other side's own error: `delta-pending`, `no-path`. */
  askDelta(request: Pick<GetDelta, "from" | "to">, signal?: AbortSignal): Promise<BlobRecord>;
  askPiece(root: string, index: number): PieceRequest;
  /**
   * Asks which pieces of a blob are there, and has `onHave` told of those that come later. The
   * answer: a bit a piece, the lowest of a byte first; no bytes when nothing is there yet.
   */
  followPieces(root: string, onHave: (indexes: readonly number[]) => void): Promise<Uint8Array>;
  /** Asks to be told no more. */
  unfollowPieces(root: string): void;
  /** Gives an order; resolves once it is carried out. Throws the other side's own error. */
  giveOrder(order: PeerOrder["order"], signal?: AbortSignal): Promise<void>;
  /** Feed every `file`, `delta`, `failed` and `done` message … */
  onAnswer(answer: Answer): void;
  /** … every `have` … */
  onHave(message: Have): void;
  /** … and every binary frame of the connection. */
  onBytes(frame: Uint8Array): void;
  /** The connection is gone: whatever still waits fails. */
  onClose(): void;
}

/** A blob whose pieces are followed. */
interface Followed {
  readonly root: string;
  onHave(indexes: readonly number[]): void;
}

/** An asker on one connection. Unanswered requests fail with `peer-failed` after PEER_ANSWER_MS. */
export function createAsker(wire: Wire, startTimer: StartTimer): Asker {
  const pending = new PendingRequests(startTimer);
  /** By the number of the request. */
  const followed = new Map<number, Followed>();
  let lastId = 0;

  async function ask(
    request: Unnumbered<Request | GetDelta | PeerOrder>,
    signal?: AbortSignal,
    id = ++lastId,
  ): Promise<Answer | Uint8Array> {
    signal?.throwIfAborted();
    const answer = pending.wait(id, signal);
    // A failed send must fail this request at once, and never leave `answer` rejected with nobody
    // listening.
    wire
      .send(JSON.stringify({ ...request, id }))
      .catch(() => pending.fail(id, peerFailed("broke off")));
    return answer;
  }

  async function askBytes(request: Unnumbered<Request>, signal?: AbortSignal, id?: number) {
    const answer = await ask(request, signal, id);
    if (answer instanceof Uint8Array) return answer;
    throw failure(answer, "sent no bytes");
  }

  function cancel(id: number): void {
    const message: Cancel = { type: "cancel", id };
    // Whoever is gone need not be told.
    wire.send(JSON.stringify(message)).catch(() => {});
  }

  return {
    async askText(request, signal) {
      const answer = await ask(request, signal);
      if (answer instanceof Uint8Array) throw peerFailed("sent bytes where a file was asked");
      if (answer.type === "file") return answer.text;
      throw failure(answer, "sent no file");
    },
    askBytes,
    askPiece(root, index) {
      const id = ++lastId;
      return {
        answer: askBytes({ type: "get-piece", root, index }, undefined, id),
        cancel: () => pending.has(id) && cancel(id),
      };
    },
    followPieces(root, onHave) {
      const id = ++lastId;
      followed.set(id, { root, onHave });
      return askBytes({ type: "get-have", root }, undefined, id);
    },
    unfollowPieces(root) {
      for (const [id, blob] of followed) {
        if (blob.root !== root) continue;
        followed.delete(id);
        cancel(id);
      }
    },
    async askDelta(request, signal) {
      const answer = await ask({ type: "get-delta", ...request }, signal);
      if (answer instanceof Uint8Array) throw peerFailed("sent bytes where a delta was asked");
      if (answer.type === "failed") throw errorOf(answer);
      if (answer.type !== "delta") throw peerFailed("sent no delta");
      return answer.delta;
    },
    async giveOrder(order, signal) {
      const answer = await ask({ type: "order", order }, signal);
      if (answer instanceof Uint8Array) throw peerFailed("answered an order wrongly");
      if (answer.type === "failed") throw errorOf(answer);
      if (answer.type !== "done") throw peerFailed("answered an order wrongly");
    },
    onAnswer: (answer) => pending.settle(answer.id, answer),
    onHave: ({ id, indexes }) => followed.get(id)?.onHave(indexes),
    onBytes(frame) {
      if (frame.length < 4) return;
      const id = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
      pending.settle(id, frame.subarray(4));
    },
    onClose() {
      followed.clear();
      pending.failAll(peerFailed("broke off"));
    },
  };
}

/** What a neighbour that fails to give something says as the reason is no error of ours. */
function failure(answer: Answer, what: string): InfieldError {
  return peerFailed(answer.type === "failed" ? `answered: ${answer.message}` : what);
}

/** The other side's error as our own; a code that this version does not know is `peer-failed`. */
function errorOf({ code, message, hint }: Extract<Answer, { type: "failed" }>): InfieldError {
  return new InfieldError(isErrorCode(code) ? code : "peer-failed", message, hint);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
