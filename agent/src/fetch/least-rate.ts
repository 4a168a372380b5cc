/** Notices bytes that only trickle in, on purpose or at the edge of the radio. */
import type { Clock } from "../timing/clock.ts";

/**
 * Bytes a second, measured over this many milliseconds: a class that shares a bad radio still gets
 * several times as much each.
 */
const LEAST_RATE = 8 * 1024;
const WATCH_MS = 30_000;

interface RateWatch {
  /** How many bytes have come so far. */
  progress(doneBytes: number): void;
  stop(): void;
}

/** Calls `onSlow` after every stretch of time in which fewer bytes came than that. */
export function watchRate(clock: Clock, onSlow: () => void): RateWatch {
  let done = 0;
  let before = 0;
  let cancel = clock.startTimer(WATCH_MS, look);

  function look(): void {
    const slow = done - before < (LEAST_RATE * WATCH_MS) / 1000;
    before = done;
    cancel = clock.startTimer(WATCH_MS, look);
    if (slow) onSlow();
  }
  return {
    progress(doneBytes) {
      done = doneBytes;
    },
    stop: () => cancel(),
  };
}
