import { expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { FailureBackoff } from "./failure-backoff.ts";

it("a release that failed may be tried again after a pause, which doubles up to half an hour", () => {
  const clock = createFakeClock();
  const backoff = new FailureBackoff(clock);
  expect(backoff.mayTry("7")).toBe(true);
  const pauses = Array.from({ length: 11 }, () => backoff.noteFailure("7"));
  // By a chance of one half, three quarters of the longest.
  const longest = [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 1_800, 1_800];
  expect(pauses).toEqual(longest.map((seconds) => seconds * 750));
  expect([backoff.mayTry("7"), backoff.mayTry("8")]).toEqual([false, true]);
  clock.advance(1_350_000 - 1);
  expect(backoff.mayTry("7")).toBe(false);
  clock.advance(1);
  expect(backoff.mayTry("7")).toBe(true);
  backoff.noteFailure("7");
  backoff.clear();
  expect(backoff.mayTry("7")).toBe(true);
  expect(backoff.noteFailure("7")).toBe(3_750);
});
