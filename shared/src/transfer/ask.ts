/**
 * The asking side of a transfer: numbered requests, each with its answer, all of them failed when
 * the connection ends.
 */
import type { StartTimer } from "../base/clock.ts";
import { ERROR_CODES, type ErrorCode, InfieldError } from "../base/errors.ts";
import { PEER_ANSWER_MS } from "../base/limits.ts";
import type { BlobRecord } from "../records/release.ts";
import type { Answer, Cancel, GetDelta, Have, PeerOrder, Request } from "./messages.ts";
import type { Wire } from "./wire.ts";

interface Waiting {
  settle(answer: Answer | Uint8Array): void;
  fail(error: InfieldError): void;
}
/** A piece that was asked for. */
export interface PieceRequest {
  readonly answer: Promise<Uint8Array>;
  /**
   * Says that it is wanted no more. What is under way already comes nevertheless, else the answer
   * is a failure.
   */
  cancel(): void;
}
/** A request before it has its number. */
type Unnumbered<T> = T extends { id: number } ? Omit<T, "id"> : never;

export interface Asker {
  /** Text of a `file` answer. */
  askText(request: Unnumbered<Request>, signal?: AbortSignal): Promise<string>;
  /** Bytes of a binary answer. */
  askBytes(request: Unnumbered<Request>, signal?: AbortSignal): Promise<Uint8Array>;
  /** A delta that was made later. Throws the other side's own error: `delta-pending`, `no-path`. */
  askDelta(request: Pick<GetDelta, "from" | "to">, signal?: AbortSignal): Promise<BlobRecord>;
  askPiece(root: string, index: number): PieceRequest;
  /**
   * Asks which pieces of a blob are there, and has `onHave` told of those that come later. The
   * answer: a bit a piece, the lowest of a byte first; no bytes when nothing is there yet.
   */
  followPieces(root: string, onHave: (indexes: readonly number[]) => void): Promise<Uint8Array>;
  /** Wants to be told no more. */
  unfollowPieces(root: string): void;
  /** Gives an order; resolves once it is carried out. Throws the other side's own error. */
  giveOrder(order: PeerOrder["order"], signal?: AbortSignal): Promise<void>;
  /** Feed every `file`, `failed` and `done` message … */
  onAnswer(answer: Answer): void;
  /** … every `have` … */
  onHave(message: Have): void;
  /** … and every binary frame of the connection. */
  onBytes(frame: Uint8Array): void;
  /** The connection is gone: fails whatever still waits. */
  onClose(): void;
}

/** An asker on one connection. Unanswered requests fail with `peer-failed` after PEER_ANSWER_MS. */
export function createAsker(wire: Wire, startTimer: StartTimer): Asker {
  const waiting = new Map<number, Waiting>();
  /** Blobs whose pieces are followed, by the number of the request. */
  const followed = new Map<
    number,
    { root: string; onHave: (indexes: readonly number[]) => void }
  >();
  let lastId = 0;

  async function ask(
    request: Unnumbered<Request | GetDelta | PeerOrder>,
    signal?: AbortSignal,
    id = ++lastId,
  ): Promise<Answer | Uint8Array> {
    signal?.throwIfAborted();
    const answer = new Promise<Answer | Uint8Array>((resolve, reject) => {
      const finish = () => {
        waiting.delete(id);
        stopTimer();
        signal?.removeEventListener("abort", abort);
      };
      const fail = (error: unknown) => {
        finish();
        reject(error);
      };
      const abort = () => fail(signal?.reason);
      const stopTimer = startTimer(PEER_ANSWER_MS, () =>
        fail(peerFailed("did not answer in time")),
      );
      signal?.addEventListener("abort", abort);
      waiting.set(id, {
        settle: (value) => {
          finish();
          resolve(value);
        },
        fail,
      });
    });
    // A failed send must fail this request at once, and never leave `answer` rejected with nobody
    // listening.
    wire
      .send(JSON.stringify({ ...request, id }))
      .catch(() => waiting.get(id)?.fail(peerFailed("broke off")));
    return answer;
  }

  async function askBytes(request: Unnumbered<Request>, signal?: AbortSignal, id?: number) {
    const answer = await ask(request, signal, id);
    if (answer instanceof Uint8Array) return answer;
    throw answer.type === "failed"
      ? peerFailed(`answered: ${answer.message}`)
      : peerFailed("sent no bytes");
  }

  function cancel(id: number): void {
    const message: Cancel = { type: "cancel", id };
    // Whoever is gone has nothing to be told.
    wire.send(JSON.stringify(message)).catch(() => {});
  }

  return {
    async askText(request, signal) {
      const answer = await ask(request, signal);
      if (answer instanceof Uint8Array) throw peerFailed("sent bytes where a file was asked");
      if (answer.type === "file") return answer.text;
      throw answer.type === "failed"
        ? peerFailed(`answered: ${answer.message}`)
        : peerFailed("sent no file");
    },
    askBytes,
    askPiece(root, index) {
      const id = ++lastId;
      return {
        answer: askBytes({ type: "get-piece", root, index }, undefined, id),
        cancel: () => waiting.has(id) && cancel(id),
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
    onAnswer(answer) {
      waiting.get(answer.id)?.settle(answer);
    },
    onHave({ id, indexes }) {
      followed.get(id)?.onHave(indexes);
    },
    onBytes(frame) {
      if (frame.length < 4) return;
      const id = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
      waiting.get(id)?.settle(frame.subarray(4));
    },
    onClose() {
      followed.clear();
      for (const request of [...waiting.values()]) request.fail(peerFailed("broke off"));
    },
  };
}

/**
 * The other side's error as our own; a code this version does not know is a neighbour's failure.
 */
function errorOf({ code, message, hint }: Extract<Answer, { type: "failed" }>): InfieldError {
  return new InfieldError(isErrorCode(code) ? code : "peer-failed", message, hint);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

export function peerFailed(what: string): InfieldError {
  return new InfieldError(
    "peer-failed",
    `the other side ${what}`,
    "it is tried again with the next announcement",
  );
}
