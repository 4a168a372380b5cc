/**
 * A neighbour that takes part in a swarm: the pieces it has, what it is asked for, and how soon it
 * answers.
 */
import { MAX_PIECES_IN_FLIGHT } from "../../base/limits.ts";
import type { PieceRequest } from "../ask/ask.ts";
import { clearBit, hasBit, setBit } from "../messages/piece-bits.ts";
import { RequestWindow } from "./request-window.ts";

/** A neighbour as a swarm needs it. */
export interface SwarmPeer {
  /** What it has, a bit a piece. */
  readonly bits: Uint8Array;
  askPiece(index: number): PieceRequest;
  /**
   * The swarm asks it for nothing more: it sent a wrong piece (`blob-damaged`), or it is slow or
   * dead (`peer-failed`).
   */
  onLeft(error: Error): void;
}

/** A piece that one member is asked for and has not answered yet. */
export interface OutstandingRequest {
  readonly member: Member;
  readonly index: number;
  readonly askedAt: number;
  /** When it was cancelled so that somebody else can take it over. */
  cancelledAt: number | undefined;
  cancel(): void;
}

/** Pieces a neighbour may say it has and then not give. */
const MAX_BROKEN_PROMISES = 3;

export class Member {
  readonly peer: SwarmPeer;
  readonly requests = new Set<OutstandingRequest>();
  readonly #bits: Uint8Array;
  // One at first: a liar costs one piece, and thirty that begin together do not all queue at the
  // source.
  readonly #window = new RequestWindow(1, MAX_PIECES_IN_FLIGHT);
  #answerMs = 0;
  #brokenPromises = 0;

  constructor(peer: SwarmPeer) {
    this.peer = peer;
    this.#bits = peer.bits.slice();
  }

  /** Milliseconds an answer takes, smoothed; 0 before the first. */
  get answerMs(): number {
    return this.#answerMs;
  }

  has(index: number): boolean {
    return hasBit(this.#bits, index);
  }

  hasAny(): boolean {
    return this.#bits.some((byte) => byte !== 0);
  }

  /** It has this piece too; true when that is news. */
  gain(index: number): boolean {
    if (this.has(index)) return false;
    setBit(this.#bits, index);
    return true;
  }

  /** It does not have this piece after all; true when it has broken its word too often. */
  lose(index: number): boolean {
    clearBit(this.#bits, index);
    return ++this.#brokenPromises >= MAX_BROKEN_PROMISES;
  }

  mayBeAsked(): boolean {
    return this.requests.size < this.#window.size;
  }

  /** When it can be expected to answer one more request, in milliseconds. */
  load(): number {
    return (this.requests.size + 1) * this.#answerMs;
  }

  /** An answer took this long, or has been outstanding for this long. */
  noteAnswer(ms: number): void {
    this.#answerMs = this.#answerMs === 0 ? ms : (3 * this.#answerMs + ms) / 4;
    this.#window.noteAnswer(ms);
  }
}
