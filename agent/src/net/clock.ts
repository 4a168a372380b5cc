/** Time, and the chance that spreads neighbours over it, as a parameter: a test runs an hour of the protocol in no time. */
import type { StartTimer } from "@infield/shared";

export interface Clock {
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Runs something once after a while; returns what cancels it. */
  readonly startTimer: StartTimer;
  /** From 0 up to, but not, 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  startTimer(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
