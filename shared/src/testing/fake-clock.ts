/** A clock that goes when a test says so, and chance that can be repeated. */
import type { Clock } from "../base/clock.ts";

export interface FakeClock extends Clock {
  /** Runs every timer of the next `ms` milliseconds, each at its time. */
  advance(ms: number): void;
  /** The same, and lets promises settle before each. */
  advanceSlowly(ms: number): Promise<void>;
  /** Lets promises settle after each, until `isOver` says so, or at most `ms`. */
  run(isOver: () => boolean, ms: number): Promise<void>;
  /** Timers that wait. */
  waiting(): number;
}

interface Timer {
  readonly at: number;
  run(): void;
}

/** Whatever is ready to run, runs. */
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** `settle` lets promises settle: a whole turn of the event loop, if nothing else is said. */
export function createFakeClock(
  random: () => number = () => 0.5,
  settle: () => Promise<unknown> = nextTurn,
): FakeClock {
  let now = 0;
  const timers = new Set<Timer>();

  /** The next one until then; of those at the same moment, the one that was started first. */
  function takeNext(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers)
      if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer;
    if (first) timers.delete(first);
    return first;
  }

  function runNext(end: number): boolean {
    const timer = takeNext(end);
    now = timer?.at ?? end;
    timer?.run();
    return timer !== undefined;
  }

  return {
    now: () => now,
    random,
    startTimer(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      for (const end = now + ms; runNext(end); );
    },
    async advanceSlowly(ms) {
      const end = now + ms;
      do await settle();
      while (runNext(end));
    },
    async run(isOver, ms) {
      for (const end = now + ms; !isOver() && runNext(end); ) await settle();
    },
    waiting: () => timers.size,
  };
}
