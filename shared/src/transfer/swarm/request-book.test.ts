import { describe, expect, it } from "vitest";
import { pieceBits } from "../messages/piece-bits.ts";
import { Member, type OutstandingRequest } from "./member.ts";
import { RequestBook } from "./request-book.ts";

const memberWith = (...pieces: number[]) =>
  new Member({
    bits: pieceBits(8, (index) => pieces.includes(index)),
    askPiece: () => ({ answer: new Promise(() => {}), cancel() {} }),
    onLeft() {},
  });

function setUp() {
  const book = new RequestBook();
  const cancelled: number[] = [];
  const add = (member: Member, index: number, askedAt = 0) => {
    const cancel = () => void cancelled.push(index);
    const request: OutstandingRequest = { member, index, askedAt, cancelledAt: undefined, cancel };
    book.add(request);
    return request;
  };
  return { book, add, cancelled };
}

describe("a request book", () => {
  it("knows which pieces are asked for, of whom, until they are answered", () => {
    const { book, add } = setUp();
    const [first, second] = [memberWith(1, 2), memberWith(1)];
    const requests = [add(first, 1), add(second, 1), add(first, 2)];
    expect([...book.ofPiece(1)]).toEqual(requests.slice(0, 2));
    expect([first.requests.size, second.requests.size, book.count()]).toEqual([2, 1, 3]);
    expect(requests.slice(0, 1).map((one) => book.remove(one))).toEqual([true]);
    expect([book.isRequested(1), first.requests.size, book.count()]).toEqual([true, 1, 2]);
    expect(requests.slice(0, 2).map((one) => book.remove(one))).toEqual([false, true]);
    expect([book.isRequested(1), book.isRequested(2), [...book.ofPiece(1)]]).toEqual([
      false,
      true,
      [],
    ]);
  });

  it("counts no request that was cancelled", () => {
    const { book, add } = setUp();
    const member = memberWith(1, 2);
    add(member, 1).cancelledAt = 7;
    add(member, 2);
    expect(book.count()).toBe(1);
  });

  it("cancels all of them", () => {
    const { book, add, cancelled } = setUp();
    add(memberWith(1), 1);
    add(memberWith(1), 1);
    add(memberWith(2), 2);
    book.cancelAll();
    expect(cancelled).toEqual([1, 1, 2]);
  });

  it("finds what another has held up for long enough, if only that one is asked and this one has it", () => {
    const { book, add } = setUp();
    const [slow, second, helper] = [memberWith(1, 2, 3, 4), memberWith(1), memberWith(1, 3, 4)];
    add(slow, 1);
    add(second, 1);
    add(slow, 2);
    add(helper, 4);
    const stalled = add(slow, 3, 100);
    expect(book.findStalled(helper, 2_099, 2_000)).toBeUndefined();
    expect(book.findStalled(helper, 2_100, 2_000)).toBe(stalled);
    expect(book.findStalled(slow, 9_000, 2_000)?.index).toBe(4);
    book.remove(stalled);
    expect(book.findStalled(helper, 9_000, 2_000)).toBeUndefined();
  });
});
