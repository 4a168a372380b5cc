import { expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { Retries } from "./retries.ts";

const MINUTE_MS = 60_000;

function setUp() {
  const clock = createFakeClock(() => 1);
  const tried: number[] = [];
  const retries = new Retries(clock, () => void tried.push(clock.now() / MINUTE_MS));
  return { clock, retries, tried };
}

it("pauses are doubled, and after six of them there is none", () => {
  const { clock, retries, tried } = setUp();
  for (let time = 0; time < 8; time++) {
    retries.schedule();
    clock.advance(1000 * MINUTE_MS);
  }
  expect(tried.map((minute) => minute % 1000)).toEqual([5, 10, 20, 40, 80, 160]);
});

it("what came makes the next pause the first one", () => {
  const { clock, retries, tried } = setUp();
  retries.schedule();
  clock.advance(5 * MINUTE_MS);
  retries.noteProgress();
  retries.schedule();
  clock.advance(5 * MINUTE_MS);
  expect(tried).toEqual([5, 10]);
});

it("a cancelled retry is not tried", () => {
  const { clock, retries, tried } = setUp();
  retries.schedule();
  retries.cancel();
  clock.advance(1000 * MINUTE_MS);
  expect(tried).toEqual([]);
});
