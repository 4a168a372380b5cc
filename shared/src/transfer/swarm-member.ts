/**
 * A neighbour that takes part in a swarm: what it has, what it is asked for, and how soon it
 * answers.
 */
import { MAX_PIECES_IN_FLIGHT } from "../base/limits.ts";
import type { PieceRequest } from "./ask.ts";
import { hasBit, setBit } from "./piece-bits.ts";

/** A neighbour as a swarm needs it. */
export interface SwarmPeer {
  /** What it has, a bit a piece. */
  readonly bits: Uint8Array;
  askPiece(index: number): PieceRequest;
  /**
   * The swarm asks it no more: it sent a wrong piece (`blob-damaged`), or it is slow or dead
   * (`peer-failed`).
   */
  onLeft(error: Error): void;
}

/** A piece that one member is asked for. */
export interface Ask {
  readonly member: Member;
  readonly index: number;
  readonly askedAt: number;
  /** When it was said that somebody else is asked instead. */
  cancelledAt: number | undefined;
  cancel(): void;
}

export interface Member {
  readonly peer: SwarmPeer;
  readonly asks: Set<Ask>;
  /** Milliseconds an answer takes, smoothed; 0 before the first. */
  readonly answerMs: number;
  has(index: number): boolean;
  hasAny(): boolean;
  /** True when it was not known to have it. */
  gain(index: number): boolean;
  /** It does not have it after all; true when it has said so too often. */
  lose(index: number): boolean;
  hasRoom(): boolean;
  /** When it may be expected to answer one more request: what load means to whoever waits. */
  load(): number;
  /** An answer came after so long, or has not come for so long. */
  noteAnswer(ms: number): void;
}

/**
 * One that answers faster than this is asked for more at once; a link is full when answers take
 * longer.
 */
const FAST_MS = 500;
/**
 * … and one that takes longer than this for fewer: others have the same pieces, and wait for it
 * too.
 */
const BUSY_MS = 2_000;
/** Pieces a neighbour may say it has and then not give. */
const MAX_BROKEN_WORDS = 3;

/**
 * How many answers to wait for at one time: one more after one that came soon, one fewer after one
 * that took long.
 */
export function createRoom(least: number, most: number) {
  let size = least;
  return {
    size: () => size,
    noteAnswer(ms: number) {
      if (ms < FAST_MS) size = Math.min(size + 1, most);
      else if (ms > BUSY_MS) size = Math.max(size - 1, least);
    },
  };
}

export function createMember(peer: SwarmPeer): Member {
  const bits = peer.bits.slice();
  const asks = new Set<Ask>();
  let answerMs = 0;
  // One at first: a neighbour that lies costs one piece, and thirty that begin at once do not all
  // queue at the source.
  const room = createRoom(1, MAX_PIECES_IN_FLIGHT);
  let brokenWords = 0;
  return {
    peer,
    asks,
    get answerMs() {
      return answerMs;
    },
    has: (index) => hasBit(bits, index),
    hasAny: () => bits.some((byte) => byte !== 0),
    gain(index) {
      if (hasBit(bits, index)) return false;
      setBit(bits, index);
      return true;
    },
    lose(index) {
      bits[index >> 3] = (bits[index >> 3] ?? 0) & ~(1 << (index & 7));
      return ++brokenWords >= MAX_BROKEN_WORDS;
    },
    hasRoom: () => asks.size < room.size(),
    load: () => (asks.size + 1) * answerMs,
    noteAnswer(ms) {
      answerMs = answerMs === 0 ? ms : (3 * answerMs + ms) / 4;
      room.noteAnswer(ms);
    },
  };
}
