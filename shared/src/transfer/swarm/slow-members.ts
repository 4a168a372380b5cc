/** Members that take so long for a piece that the swarm is better off without them. */
import type { Member } from "./member.ts";

/** 8 KiB/s for a piece; slower than this is slow where another is so much faster. */
const SLOW_MS = 8_000;
const TIMES_FASTER = 4;

/** Those that are slow beside the fastest (docs/protocol.md, rule 10.8). */
export function findSlowMembers(members: Iterable<Member>, now: number): Member[] {
  const all = [...members];
  const fastest = Math.min(...all.flatMap(({ answerMs }) => (answerMs > 0 ? [answerMs] : [])));
  return all.filter((member) => {
    const ms = longestMs(member, now);
    return ms > SLOW_MS && ms > TIMES_FASTER * fastest;
  });
}

/** What a piece takes of this member, what it still owes counted as if it came now. */
function longestMs({ requests, answerMs }: Member, now: number): number {
  return Math.max(answerMs, ...[...requests].map(({ askedAt }) => now - askedAt));
}
