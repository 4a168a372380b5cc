/** A clock that goes when a test says so, and chance that can be repeated. */
import type { Clock } from "../clock.ts";

interface FakeClock extends Clock {
  /** Runs every timer of the next `ms` milliseconds, each at its time. */
  advance(ms: number): void;
  /** Timers that wait. */
  waiting(): number;
}

export function createFakeClock(random: () => number = () => 0.5): FakeClock {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const next = () => [...timers].sort((a, b) => a.at - b.at)[0];
  return {
    now: () => now,
    random,
    startTimer(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (let timer = next(); timer !== undefined && timer.at <= end; timer = next()) {
        now = timer.at;
        timers.delete(timer);
        timer.run();
      }
      now = end;
    },
    waiting: () => timers.size,
  };
}
