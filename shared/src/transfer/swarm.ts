/**
 * Pieces of one blob from several neighbours at once: who is asked for which piece, and when
 * somebody else is asked instead. The rarest piece first, the least loaded neighbour first, and no
 * piece twice, as all share one medium (docs/protocol.md, section 10).
 */
import type { Clock } from "../base/clock.ts";
import { PEER_ANSWER_MS } from "../base/limits.ts";
import { damaged, HASH_BYTES, isPiece } from "../records/blob.ts";
import { peerFailed } from "./ask.ts";
import { type Ask, createMember, createRoom, type Member, type SwarmPeer } from "./swarm-member.ts";

export interface SwarmOptions {
  readonly clock: Clock;
  /** The blob's piece hashes, checked against its root. */
  readonly pieceList: Uint8Array;
  readonly missing: readonly number[];
  /** Keeps a piece whose hash is right. What it throws ends the swarm. */
  store(index: number, bytes: Uint8Array): Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

export interface Membership {
  /** It has these pieces too. */
  gain(indexes: Iterable<number>): void;
  /** True when it has any piece at all. */
  hasAny(): boolean;
  /** The connection is gone, or wanted no more. */
  leave(): void;
}

export interface Swarm {
  join(peer: SwarmPeer): Membership;
  /** Members that have a piece that is missing here. */
  useful(): number;
  /** Pieces that came though they were there already. */
  duplicates(): number;
  /** Ends it: nobody will come any more. */
  fail(error: unknown): void;
  /**
   * Resolves once nothing is missing; nothing is stored after it has settled. Throws `peer-failed`
   * when nothing has come for a while, or what the last neighbour that was left had done; what
   * `store` throws; AbortError.
   */
  readonly done: Promise<void>;
}

/**
 * Pieces asked for at one time, of all members: one while answers take long, as the channel is full
 * then, and at most 1 MiB of memory.
 */
const [LEAST_ASKED, MOST_ASKED] = [1, 16];
/**
 * … but so many more at the end, by the square of what is there: of laptops that began together the
 * first builds while others fetch.
 */
const ASKED_AT_END = 7;
/** How often a swarm looks for what is held up. */
const LOOK_MS = 500;
/**
 * A piece that is waited for this long, and three times as long as its next holder usually takes,
 * is held up.
 */
const HELD_UP_MS = 2_000;
/**
 * After it was cancelled, an answer that is on its way already has this long to come, before the
 * piece is asked for twice.
 */
const CANCEL_MS = 1_000;
/** Who takes longer than this for a piece, 8 KiB/s, is left when another is four times as fast. */
const SLOW_MS = 8_000;
/**
 * Nothing has come and nobody new: a crowded channel has quiet moments, and a laptop that rejoins
 * needs a few seconds.
 */
const STALLED_MS = 30_000;

export function createSwarm(options: SwarmOptions): Swarm {
  const { clock, pieceList, signal } = options;
  const missing = new Set(options.missing);
  /** Of these, what nobody is asked for and what is not being stored. */
  const open = new Set(options.missing);
  const asks = new Map<number, Set<Ask>>();
  const storing = new Set<Promise<void>>();
  const members = new Set<Member>();
  /** How many members have a piece. */
  const holders = new Uint16Array(pieceList.length / HASH_BYTES);
  const room = createRoom(LEAST_ASKED, MOST_ASKED);
  let duplicates = 0;
  let quietSince = clock.now();
  let lastLeft: Error = peerFailed("has none of the missing pieces");
  let over = false;
  let cancelLook = () => {};
  let settle: (failure?: unknown) => void = () => {};

  const done = new Promise<void>((resolve, reject) => {
    settle = (failure) => {
      if (over) return;
      over = true;
      cancelLook();
      signal?.removeEventListener("abort", abort);
      for (const member of members) for (const ask of member.asks) ask.cancel();
      // No piece is stored after this has settled.
      void Promise.allSettled(storing).then(() =>
        failure === undefined ? resolve() : reject(failure),
      );
    };
  });
  const abort = () => settle(signal?.reason);

  /**
   * Asks for the rarest piece, of the least loaded who has it, until there is nothing to ask for or
   * nobody to ask.
   */
  function give(): void {
    while (!over && asked() < mayAsk()) {
      let next: { member: Member; index: number; count: number } | undefined;
      for (const member of byLoad([...members].filter((one) => one.hasRoom()))) {
        const index = rarestFor(member);
        const count = index === undefined ? 0 : (holders[index] ?? 0);
        if (index !== undefined && (next === undefined || count < next.count))
          next = { member, index, count };
      }
      if (next === undefined) return;
      ask(next.member, next.index);
    }
  }

  function mayAsk(): number {
    const share = 1 - missing.size / holders.length;
    return Math.max(room.size(), LEAST_ASKED + Math.floor(ASKED_AT_END * share ** 2));
  }

  /** Those that somebody else is to take over hold up nothing any more. */
  function asked(): number {
    let count = 0;
    for (const { asks } of members)
      for (const one of asks) if (one.cancelledAt === undefined) count++;
    return count;
  }

  function byLoad(some: Member[]): Member[] {
    const order = some.map((member) => ({ member, load: member.load(), tie: clock.random() }));
    return order.sort((a, b) => a.load - b.load || a.tie - b.tie).map(({ member }) => member);
  }

  /**
   * The piece that the fewest have, by chance among equals: so neighbours come to have different
   * ones.
   */
  function rarestFor(member: Member): number | undefined {
    let found: number | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    let equals = 0;
    for (const index of open) {
      const count = holders[index] ?? 0;
      if (count > fewest || !member.has(index)) continue;
      equals = count < fewest ? 1 : equals + 1;
      fewest = count;
      if (clock.random() * equals < 1) found = index;
    }
    return found;
  }

  function ask(member: Member, index: number): void {
    const request = member.peer.askPiece(index);
    const one: Ask = {
      member,
      index,
      askedAt: clock.now(),
      cancelledAt: undefined,
      cancel: request.cancel,
    };
    member.asks.add(one);
    open.delete(index);
    asks.set(index, (asks.get(index) ?? new Set()).add(one));
    request.answer.then(
      (bytes) => onAnswer(one, bytes),
      () => onFailure(one),
    );
  }

  /** An answer came, of whatever kind; false when it is of no interest any more. */
  function end(one: Ask): boolean {
    const expected = one.member.asks.delete(one);
    const others = asks.get(one.index);
    others?.delete(one);
    if (others?.size === 0) asks.delete(one.index);
    return expected && !over;
  }

  function onAnswer(one: Ask, bytes: Uint8Array): void {
    if (!end(one)) return;
    if (!isPiece(pieceList, one.index, bytes)) {
      reopen(one.index);
      expel(one.member, damaged(`a neighbour sent a wrong piece ${one.index}`));
      return;
    }
    one.member.noteAnswer(clock.now() - one.askedAt);
    room.noteAnswer(clock.now() - one.askedAt);
    if (missing.delete(one.index)) keep(one.index, bytes);
    else duplicates++;
    give();
  }

  function keep(index: number, bytes: Uint8Array): void {
    quietSince = clock.now();
    open.delete(index);
    for (const other of asks.get(index) ?? []) other.cancel();
    const kept = options.store(index, bytes).then(() => {
      storing.delete(kept);
      if (missing.size === 0 && storing.size === 0) settle();
    }, settle);
    storing.add(kept);
  }

  function onFailure(one: Ask): void {
    if (!end(one)) return;
    reopen(one.index);
    const { member, index, cancelledAt, askedAt } = one;
    // One that was told to leave it has done nothing wrong.
    if (cancelledAt === undefined) {
      if (member.has(index)) holders[index] = (holders[index] ?? 1) - 1;
      const isDead = clock.now() - askedAt >= PEER_ANSWER_MS;
      if (member.lose(index) || isDead) expel(member, peerFailed("does not give what it has"));
    }
    give();
  }

  function reopen(index: number): void {
    if (missing.has(index) && !asks.has(index)) open.add(index);
  }

  function remove(member: Member): void {
    if (!members.delete(member)) return;
    for (const index of missing) if (member.has(index)) holders[index] = (holders[index] ?? 1) - 1;
    for (const one of [...member.asks]) {
      end(one);
      reopen(one.index);
    }
  }

  function expel(member: Member, error: Error): void {
    if (!members.has(member)) return;
    lastLeft = error;
    remove(member);
    member.peer.onLeft(error);
    give();
  }

  function look(): void {
    cancelLook = clock.startTimer(LOOK_MS, look);
    leaveSlow();
    for (const member of byLoad([...members].filter((one) => one.hasRoom()))) helpOut(member);
    give();
    if (clock.now() - quietSince >= STALLED_MS) settle(lastLeft);
  }

  /**
   * Somebody with nothing to do takes over what another holds up; only then may a piece come twice.
   */
  function helpOut(member: Member): void {
    const now = clock.now();
    const heldUpMs = Math.max(HELD_UP_MS, 3 * member.answerMs);
    for (const [index, [one, second]] of asks) {
      if (one === undefined || second !== undefined || one.member === member || !member.has(index))
        continue;
      if (now - one.askedAt < heldUpMs) continue;
      if (one.cancelledAt === undefined) {
        one.cancelledAt = now;
        one.member.noteAnswer(now - one.askedAt);
        one.cancel();
      } else if (now - one.cancelledAt >= CANCEL_MS) ask(member, index);
      return;
    }
  }

  function leaveSlow(): void {
    const timeOf = (member: Member) =>
      [...member.asks].reduce(
        (most, one) => Math.max(most, clock.now() - one.askedAt),
        member.answerMs,
      );
    const fastest = [...members].reduce(
      (least, { answerMs }) => (answerMs > 0 ? Math.min(least, answerMs) : least),
      Number.POSITIVE_INFINITY,
    );
    for (const member of [...members]) {
      const ms = timeOf(member);
      if (ms > SLOW_MS && ms > 4 * fastest) expel(member, peerFailed("is too slow"));
    }
  }

  function useful(): number {
    const isUseful = (member: Member) => [...missing].some((index) => member.has(index));
    return [...members].filter(isUseful).length;
  }

  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  else if (missing.size === 0) settle();
  else cancelLook = clock.startTimer(LOOK_MS, look);

  return {
    join(peer) {
      const member = createMember(peer);
      members.add(member);
      for (const index of missing)
        if (member.has(index)) holders[index] = (holders[index] ?? 0) + 1;
      quietSince = clock.now();
      give();
      return {
        gain(indexes) {
          if (!members.has(member)) return;
          for (const index of indexes) {
            if (index < holders.length && member.gain(index))
              holders[index] = (holders[index] ?? 0) + 1;
          }
          give();
        },
        hasAny: () => member.hasAny(),
        leave() {
          remove(member);
          give();
        },
      };
    },
    useful,
    duplicates: () => duplicates,
    fail: settle,
    done,
  };
}
