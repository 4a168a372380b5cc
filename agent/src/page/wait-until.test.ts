import { expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { waitUntil } from "./wait-until.ts";

function setUp() {
  const clock = createFakeClock();
  const listeners = new Set<() => void>();
  const abort = new AbortController();
  let isMet = false;
  const wait = () =>
    waitUntil(() => isMet, {
      ...{ clock, limitMs: 1000, signal: abort.signal, tooLate: () => new Error("too late") },
      subscribe(look) {
        listeners.add(look);
        return () => void listeners.delete(look);
      },
    });
  const news = (met: boolean) => {
    isMet = met;
    for (const look of listeners) look();
  };
  const isOver = () => clock.waiting() === 0 && listeners.size === 0;
  return { clock, abort, wait, news, isOver };
}

it("what is so already is not waited for", async () => {
  const { wait, news, isOver } = setUp();
  news(true);
  await wait();
  expect(isOver()).toBe(true);
});

it("it ends with the news that makes it so, and leaves nothing behind", async () => {
  const { wait, news, isOver } = setUp();
  const waiting = wait();
  news(false);
  expect(isOver()).toBe(false);
  news(true);
  await waiting;
  expect(isOver()).toBe(true);
});

it("what takes too long, or is aborted, throws and leaves nothing behind", async () => {
  const { clock, abort, wait, isOver } = setUp();
  const late = expect(wait()).rejects.toThrow("too late");
  clock.advance(1000);
  await late;
  expect(isOver()).toBe(true);
  const aborted = wait();
  abort.abort(new Error("the page is gone"));
  await expect(aborted).rejects.toThrow("the page is gone");
  await expect(wait()).rejects.toThrow("the page is gone");
  expect(isOver()).toBe(true);
});
