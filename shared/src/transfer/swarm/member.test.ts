import { describe, expect, it } from "vitest";
import { pieceBits } from "../messages/piece-bits.ts";
import { Member } from "./member.ts";
import { findSlowMembers } from "./slow-members.ts";

/** A member that has these pieces, and was asked for others at these times. */
function memberWith(pieces: number[], askedAt: number[] = []): Member {
  const bits = pieceBits(9, (index) => pieces.includes(index));
  const member = new Member({
    bits,
    askPiece: () => ({ answer: new Promise(() => {}), cancel() {} }),
    onLeft() {},
  });
  for (const at of askedAt) request(member, at);
  return member;
}

function request(member: Member, askedAt: number): void {
  member.requests.add({ member, index: 0, askedAt, cancelledAt: undefined, cancel() {} });
}

describe("a member of a swarm", () => {
  it("has what it said, and what it gains, which is news once", () => {
    const member = memberWith([0, 8]);
    expect([0, 1, 7, 8].map((index) => member.has(index))).toEqual([true, false, false, true]);
    expect([member.gain(1), member.gain(1), member.gain(8)]).toEqual([true, false, false]);
    expect(member.has(1)).toBe(true);
    expect([member.hasAny(), memberWith([]).hasAny(), memberWith([8]).hasAny()]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("breaks its word once for each piece that it does not give; three times is too often", () => {
    const member = memberWith([0, 1, 2, 3]);
    expect([0, 1, 2].map((index) => member.lose(index))).toEqual([false, false, true]);
    expect([0, 1, 2, 3].map((index) => member.has(index))).toEqual([false, false, false, true]);
  });

  it("keeps its own copy of what its neighbour said", () => {
    const bits = pieceBits(8, () => true);
    const peer = { bits, askPiece: () => ({ answer: new Promise<never>(() => {}), cancel() {} }) };
    const member = new Member({ ...peer, onLeft() {} });
    member.lose(3);
    expect(bits).toEqual(pieceBits(8, () => true));
  });

  it("is asked for one piece, for more after fast answers, and for four at most", () => {
    const member = memberWith([]);
    const mostRequests = () => {
      member.requests.clear();
      while (member.mayBeAsked()) request(member, member.requests.size);
      return member.requests.size;
    };
    expect(mostRequests()).toBe(1);
    const most = [1, 1, 1, 1].map((ms) => {
      member.noteAnswer(ms);
      return mostRequests();
    });
    expect(most).toEqual([2, 3, 4, 4]);
  });

  it("is expected to answer as it did, the last time weighing a quarter", () => {
    const member = memberWith([]);
    expect([member.answerMs, member.load()]).toEqual([0, 0]);
    member.noteAnswer(100);
    expect([member.answerMs, member.load()]).toEqual([100, 100]);
    member.noteAnswer(500);
    request(member, 0);
    expect([member.answerMs, member.load()]).toEqual([200, 400]);
  });
});

describe("a slow member", () => {
  it("takes more than eight seconds, and four times as long as the fastest", () => {
    const [fast, slow, silent] = [memberWith([]), memberWith([]), memberWith([], [1_000, 500])];
    fast.noteAnswer(2_100);
    slow.noteAnswer(8_401);
    for (const now of [8_500, 8_900])
      expect(findSlowMembers([fast, slow, silent], now)).toEqual([slow]);
    expect(findSlowMembers([fast, slow, silent], 8_901)).toEqual([slow, silent]);
    fast.noteAnswer(2_105);
    expect(findSlowMembers([fast, slow], 9_000)).toEqual([]);
  });

  it("is none without another that is faster, nor within eight seconds", () => {
    const [alone, quick] = [memberWith([], [0]), memberWith([])];
    expect(findSlowMembers([alone], 60_000)).toEqual([]);
    quick.noteAnswer(10);
    expect(findSlowMembers([quick, alone], 8_000)).toEqual([]);
    expect(findSlowMembers([quick, alone], 8_001)).toEqual([alone]);
  });
});
