/**
 * Time, and the chance that spreads neighbours over it, as a parameter: a test runs an hour of the
 * protocol in no time.
 */

/** Runs something once after a while; returns what cancels it. */
export type StartTimer = (ms: number, run: () => void) => () => void;

export interface Clock {
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  readonly startTimer: StartTimer;
  /** From 0 up to, but not, 1. */
  random(): number;
}
