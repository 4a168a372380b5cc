/**
 * Pieces of one blob from several neighbours at once: who is asked for which piece, and when
 * somebody else is asked instead. All share one medium, so no piece is to travel twice
 * (docs/protocol.md, section 10).
 */
import type { Clock } from "../../base/clock.ts";
import { PEER_ANSWER_MS } from "../../base/limits.ts";
import { damaged, HASH_BYTES, isPiece } from "../../records/blob.ts";
import { peerFailed } from "../ask/peer-failed.ts";
import { Member, type OutstandingRequest, type SwarmPeer } from "./member.ts";
import { PiecePicker } from "./piece-picker.ts";
import { RequestBook } from "./request-book.ts";
import { RequestWindow } from "./request-window.ts";
import { findSlowMembers } from "./slow-members.ts";

export interface SwarmOptions {
  readonly clock: Clock;
  /** The blob's piece hashes, checked against its root. */
  readonly pieceList: Uint8Array;
  readonly missing: readonly number[];
  /** Keeps a piece whose hash is right. What it throws ends the swarm. */
  store(index: number, bytes: Uint8Array): Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** A neighbour's place in a swarm. */
export interface Membership {
  /** It has these pieces too. */
  gain(indexes: Iterable<number>): void;
  /** True when it has any piece at all. */
  hasAny(): boolean;
  /** The connection is gone, or wanted no more. */
  leave(): void;
}

/**
 * Requests at one time, of all members together: one while answers take long, as the channel is
 * full then, and at most 1 MiB of memory.
 */
const [LEAST_REQUESTS, MOST_REQUESTS] = [1, 16];
/**
 * This many more at the end, by the square of what is here: of laptops that began together, the
 * first one builds while the others still fetch.
 */
const REQUESTS_AT_END = 7;
/** How often a swarm looks for what has stalled. */
const LOOK_MS = 500;
/**
 * A request has stalled after this long, and after three times as long as its next holder usually
 * takes.
 */
const STALLED_MS = 2_000;
/**
 * How long the answer to a cancelled request may still come before the piece is asked for twice.
 */
const CANCEL_MS = 1_000;
/**
 * How long a swarm lives without a piece or a new member: a crowded channel has quiet moments, and
 * a laptop that rejoins needs a few seconds.
 */
const QUIET_MS = 30_000;

export class Swarm {
  /**
   * Resolves once nothing is missing; nothing is stored after it has settled. Throws `peer-failed`
   * when nothing has come for a while, or what the last neighbour that was left had done; what
   * `store` throws; AbortError.
   */
  readonly done: Promise<void>;
  readonly #options: SwarmOptions;
  readonly #members = new Set<Member>();
  readonly #picker: PiecePicker;
  readonly #requests = new RequestBook();
  readonly #window = new RequestWindow(LEAST_REQUESTS, MOST_REQUESTS);
  /** Pieces that are being stored. */
  readonly #storing = new Set<Promise<void>>();
  #duplicates = 0;
  /** When the last piece or member came. */
  #quietSince: number;
  #lastLeft: Error = peerFailed("has none of the missing pieces");
  #isOver = false;
  #cancelLook = () => {};
  #resolve = () => {};
  #reject = (_error: unknown) => {};
  readonly #abort = () => this.#settle(this.#options.signal?.reason);

  constructor(options: SwarmOptions) {
    const { clock, pieceList, missing, signal } = options;
    this.#options = options;
    this.#picker = new PiecePicker(pieceList.length / HASH_BYTES, missing, clock.random);
    this.#quietSince = clock.now();
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal?.addEventListener("abort", this.#abort);
    if (signal?.aborted) this.#abort();
    else if (missing.length === 0) this.#settle();
    else this.#lookLater();
  }

  join(peer: SwarmPeer): Membership {
    const member = new Member(peer);
    this.#members.add(member);
    this.#picker.addMember(member);
    this.#quietSince = this.#options.clock.now();
    this.#askMore();
    return {
      gain: (indexes) => this.#gain(member, indexes),
      hasAny: () => member.hasAny(),
      leave: () => {
        this.#remove(member);
        this.#askMore();
      },
    };
  }

  /** Members that have a piece that is missing here. */
  useful(): number {
    return [...this.#members].filter((member) => this.#picker.isUseful(member)).length;
  }

  /** Pieces that came though they were there already. */
  duplicates(): number {
    return this.#duplicates;
  }

  /** Ends it: nobody will come any more. */
  fail(error: unknown): void {
    this.#settle(error);
  }

  #gain(member: Member, indexes: Iterable<number>): void {
    if (!this.#members.has(member)) return;
    for (const index of indexes) this.#picker.gain(member, index);
    this.#askMore();
  }

  /** Asks as long as there is a piece to ask for, somebody to ask, and an answer to wait for. */
  #askMore(): void {
    while (!this.#isOver && this.#requests.count() < this.#mostRequests()) {
      const next = this.#picker.pick(this.#leastLoaded());
      if (next === undefined) return;
      this.#ask(next.member, next.index);
    }
  }

  #mostRequests(): number {
    const atEnd = Math.floor(REQUESTS_AT_END * this.#picker.shareHere() ** 2);
    return Math.max(this.#window.size, LEAST_REQUESTS + atEnd);
  }

  /** Members that may be asked for something, the least loaded first, by chance among equals. */
  #leastLoaded(): Member[] {
    const { random } = this.#options.clock;
    return [...this.#members]
      .filter((member) => member.mayBeAsked())
      .map((member) => ({ member, load: member.load(), tie: random() }))
      .sort((a, b) => a.load - b.load || a.tie - b.tie)
      .map(({ member }) => member);
  }

  #ask(member: Member, index: number): void {
    const { answer, cancel } = member.peer.askPiece(index);
    const askedAt = this.#options.clock.now();
    const request: OutstandingRequest = { member, index, askedAt, cancelledAt: undefined, cancel };
    this.#picker.take(index);
    this.#requests.add(request);
    answer.then(
      (bytes) => this.#onPiece(request, bytes),
      () => this.#onFailure(request),
    );
  }

  #onPiece(request: OutstandingRequest, bytes: Uint8Array): void {
    const { member, index, askedAt } = request;
    if (!this.#requests.remove(request) || this.#isOver) return;
    if (!isPiece(this.#options.pieceList, index, bytes)) {
      this.#reopen(index);
      this.#expel(member, damaged(`a neighbour sent a wrong piece ${index}`));
      return;
    }
    const ms = this.#options.clock.now() - askedAt;
    member.noteAnswer(ms);
    this.#window.noteAnswer(ms);
    if (this.#picker.arrive(index)) this.#keep(index, bytes);
    else this.#duplicates++;
    this.#askMore();
  }

  #keep(index: number, bytes: Uint8Array): void {
    this.#quietSince = this.#options.clock.now();
    for (const { cancel } of this.#requests.ofPiece(index)) cancel();
    const stored = this.#options.store(index, bytes).then(
      () => {
        this.#storing.delete(stored);
        if (this.#picker.missingCount() === 0 && this.#storing.size === 0) this.#settle();
      },
      (error: unknown) => this.#settle(error),
    );
    this.#storing.add(stored);
  }

  #onFailure(request: OutstandingRequest): void {
    const { member, index, cancelledAt, askedAt } = request;
    if (!this.#requests.remove(request) || this.#isOver) return;
    this.#reopen(index);
    // One that was told to leave it has done nothing wrong.
    if (cancelledAt === undefined) {
      const isDead = this.#options.clock.now() - askedAt >= PEER_ANSWER_MS;
      if (this.#picker.lose(member, index) || isDead)
        this.#expel(member, peerFailed("does not give what it has"));
    }
    this.#askMore();
  }

  #reopen(index: number): void {
    if (!this.#requests.isRequested(index)) this.#picker.putBack(index);
  }

  #remove(member: Member): void {
    if (!this.#members.delete(member)) return;
    this.#picker.removeMember(member);
    for (const request of [...member.requests]) {
      this.#requests.remove(request);
      this.#reopen(request.index);
    }
  }

  #expel(member: Member, error: Error): void {
    if (!this.#members.has(member)) return;
    this.#lastLeft = error;
    this.#remove(member);
    member.peer.onLeft(error);
    this.#askMore();
  }

  #lookLater(): void {
    this.#cancelLook = this.#options.clock.startTimer(LOOK_MS, () => this.#look());
  }

  #look(): void {
    this.#lookLater();
    const now = this.#options.clock.now();
    for (const member of findSlowMembers(this.#members, now))
      this.#expel(member, peerFailed("is too slow"));
    for (const member of this.#leastLoaded()) this.#takeOver(member, now);
    this.#askMore();
    if (now - this.#quietSince >= QUIET_MS) this.#settle(this.#lastLeft);
  }

  /**
   * A member with nothing to do takes over what another holds up: first that one is told to leave
   * it, then this one is asked. Only so may a piece come twice.
   */
  #takeOver(member: Member, now: number): void {
    const stalledMs = Math.max(STALLED_MS, 3 * member.answerMs);
    const request = this.#requests.findStalled(member, now, stalledMs);
    if (request === undefined) return;
    if (request.cancelledAt === undefined) {
      request.cancelledAt = now;
      request.member.noteAnswer(now - request.askedAt);
      request.cancel();
    } else if (now - request.cancelledAt >= CANCEL_MS) this.#ask(member, request.index);
  }

  #settle(failure?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelLook();
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#requests.cancelAll();
    // No piece is stored after this has settled.
    void Promise.allSettled(this.#storing).then(() =>
      failure === undefined ? this.#resolve() : this.#reject(failure),
    );
  }
}
