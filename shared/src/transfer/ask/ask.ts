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

/** A blob whose pieces are followed. */
interface Followed {
  readonly root: string;
  onHave(indexes: readonly number[]): void;
}

/** An asker on one connection. Unanswered requests fail with `peer-failed` after PEER_ANSWER_MS. */
export class Asker {
  readonly #wire: Wire;
  readonly #pending: PendingRequests;
  /** By the number of the request. */
  readonly #followed = new Map<number, Followed>();
  #lastId = 0;

  constructor(wire: Wire, startTimer: StartTimer) {
    this.#wire = wire;
    this.#pending = new PendingRequests(startTimer);
  }

  /** The text of a `file` answer. */
  async askText(request: Unnumbered<Request>, signal?: AbortSignal): Promise<string> {
    const answer = await this.#ask(request, signal);
    if (answer instanceof Uint8Array) throw peerFailed("sent bytes where a file was asked");
    if (answer.type === "file") return answer.text;
    throw failure(answer, "sent no file");
  }

  /** The bytes of a binary answer. */
  askBytes(request: Unnumbered<Request>, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#askBytes(request, ++this.#lastId, signal);
  }

  /** A delta that was made later. Throws the other side's own error: `delta-pending`, `no-path`. */
  async askDelta(
    request: Pick<GetDelta, "from" | "to">,
    signal?: AbortSignal,
  ): Promise<BlobRecord> {
    const answer = await this.#ask({ type: "get-delta", ...request }, signal);
    if (answer instanceof Uint8Array) throw peerFailed("sent bytes where a delta was asked");
    if (answer.type === "failed") throw errorOf(answer);
    if (answer.type !== "delta") throw peerFailed("sent no delta");
    return answer.delta;
  }

  askPiece(root: string, index: number): PieceRequest {
    const id = ++this.#lastId;
    return {
      answer: this.#askBytes({ type: "get-piece", root, index }, id),
      cancel: () => this.#pending.has(id) && this.#cancel(id),
    };
  }

  /**
   * Asks which pieces of a blob are there, and has `onHave` told of those that come later. The
   * answer: a bit a piece, the lowest of a byte first; no bytes when nothing is there yet.
   */
  followPieces(root: string, onHave: Followed["onHave"]): Promise<Uint8Array> {
    const id = ++this.#lastId;
    this.#followed.set(id, { root, onHave });
    return this.#askBytes({ type: "get-have", root }, id);
  }

  /** Asks to be told no more. */
  unfollowPieces(root: string): void {
    for (const [id, blob] of this.#followed) {
      if (blob.root !== root) continue;
      this.#followed.delete(id);
      this.#cancel(id);
    }
  }

  /** Gives an order; resolves once it is carried out. Throws the other side's own error. */
  async giveOrder(order: PeerOrder["order"], signal?: AbortSignal): Promise<void> {
    const answer = await this.#ask({ type: "order", order }, signal);
    if (answer instanceof Uint8Array) throw peerFailed("answered an order wrongly");
    if (answer.type === "failed") throw errorOf(answer);
    if (answer.type !== "done") throw peerFailed("answered an order wrongly");
  }

  /** Feed every `file`, `delta`, `failed` and `done` message … */
  onAnswer(answer: Answer): void {
    this.#pending.settle(answer.id, answer);
  }

  /** … every `have` … */
  onHave({ id, indexes }: Have): void {
    this.#followed.get(id)?.onHave(indexes);
  }

  /** … and every binary frame of the connection. */
  onBytes(frame: Uint8Array): void {
    if (frame.length < 4) return;
    const id = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
    this.#pending.settle(id, frame.subarray(4));
  }

  /** The connection is gone: whatever still waits fails. */
  onClose(): void {
    this.#followed.clear();
    this.#pending.failAll(peerFailed("broke off"));
  }

  async #askBytes(
    request: Unnumbered<Request>,
    id: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const answer = await this.#ask(request, signal, id);
    if (answer instanceof Uint8Array) return answer;
    throw failure(answer, "sent no bytes");
  }

  async #ask(
    request: Unnumbered<Request | GetDelta | PeerOrder>,
    signal?: AbortSignal,
    id = ++this.#lastId,
  ): Promise<Answer | Uint8Array> {
    signal?.throwIfAborted();
    const answer = this.#pending.wait(id, signal);
    // A failed send must fail this request at once, and never leave `answer` rejected with nobody
    // listening.
    this.#wire
      .send(JSON.stringify({ ...request, id }))
      .catch(() => this.#pending.fail(id, peerFailed("broke off")));
    return answer;
  }

  #cancel(id: number): void {
    const message: Cancel = { type: "cancel", id };
    // Whoever is gone need not be told.
    this.#wire.send(JSON.stringify(message)).catch(() => {});
  }
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
