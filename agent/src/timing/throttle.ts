/**
 * Says things at most so often: at once after a pause, else when the pause is over, and then only
 * the latest.
 */
import type { Clock } from "./clock.ts";

interface Throttle {
  /** Runs now or soon. */
  poke(): void;
  /** Forgets what was still to be run. */
  stop(): void;
}

export function createThrottle(clock: Clock, pauseMs: number, run: () => void): Throttle {
  let last = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;

  function runNow(): void {
    cancel = undefined;
    last = clock.now();
    run();
  }
  return {
    poke() {
      const waitMs = last + pauseMs - clock.now();
      if (waitMs <= 0 && cancel === undefined) runNow();
      else cancel ??= clock.startTimer(Math.max(0, waitMs), runNow);
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
