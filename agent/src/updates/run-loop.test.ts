import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { RunLoop } from "./run-loop.ts";
import { Timers } from "./timers.ts";

/** A loop whose steps end when a test says so; each takes a piece of `work`. */
function setUp(work: number) {
  const clock = createFakeClock();
  const timers = new Timers(clock.startTimer);
  const ends: (() => void)[] = [];
  let left = work;
  const loop = new RunLoop({
    ...{ timers, random: clock.random },
    async step() {
      if (left === 0) return false;
      left--;
      await new Promise<void>((resolve) => ends.push(resolve));
      return true;
    },
  });
  const turn = () => new Promise(setImmediate);
  /** Ends the step under way. */
  async function endStep() {
    ends.shift()?.();
    await turn();
  }
  const isDone = async (work: Promise<void>) => {
    let done = false;
    void work.then(() => {
      done = true;
    });
    await turn();
    return done;
  };
  return { clock, timers, loop, turn, endStep, isDone, steps: () => work - left };
}

describe("a run loop", () => {
  it("begins within half a second, and takes one step after another until there is no work", async () => {
    const { clock, loop, turn, endStep, isDone, steps } = setUp(2);
    loop.start();
    loop.start();
    clock.advance(249);
    await turn();
    expect(steps()).toBe(0);
    clock.advance(1);
    await turn();
    expect([steps(), await isDone(loop.settled())]).toEqual([1, false]);
    const ended = loop.ended();
    await endStep();
    expect([steps(), await isDone(ended)]).toEqual([2, false]);
    await endStep();
    expect([await isDone(ended), await isDone(loop.settled())]).toEqual([true, true]);
  });

  it("takes no step while it is paused, and goes on after that", async () => {
    const { clock, loop, turn, endStep, steps } = setUp(2);
    loop.start();
    clock.advance(500);
    await turn();
    loop.pause();
    await endStep();
    loop.start();
    clock.advance(500);
    await turn();
    expect(steps()).toBe(1);
    loop.resume();
    clock.advance(500);
    await turn();
    expect(steps()).toBe(2);
  });

  it("stopped, it takes no further step, and has ended once the one under way has", async () => {
    const { clock, loop, turn, endStep, isDone, steps } = setUp(2);
    loop.start();
    clock.advance(500);
    await turn();
    const stopped = loop.stop();
    expect(await isDone(stopped)).toBe(false);
    await endStep();
    expect([await isDone(stopped), steps()]).toEqual([true, 1]);
  });

  it("stopped before its first step, it takes none", async () => {
    const { loop, isDone, steps } = setUp(1);
    loop.start();
    const ended = loop.ended();
    await loop.stop();
    expect([await isDone(ended), steps()]).toEqual([true, 0]);
  });
});

describe("timers", () => {
  it("run once, or not when they were cancelled, one by one or all", () => {
    const { clock, timers } = setUp(0);
    const ran: string[] = [];
    timers.start(10, () => void ran.push("first"));
    timers.start(10, () => void ran.push("cancelled"))();
    clock.advance(10);
    timers.start(10, () => void ran.push("never"));
    timers.cancelAll();
    clock.advance(10);
    expect([ran, clock.waiting()]).toEqual([["first"], 0]);
  });
});
