/**
 * Bytes that crawl, on purpose or at the edge of the radio, are noticed where there is another way.
 */
import type { Clock } from "../timing/clock.ts";

/**
 * Bytes a second, over this many milliseconds: a class sharing a bad radio still gets several times
 * as much each.
 */
const LEAST_RATE = 8 * 1024;
const WATCH_MS = 30_000;

interface RateWatch {
  /** So many bytes are there now. */
  progress(doneBytes: number): void;
  stop(): void;
}

/** Calls `onSlow` after every stretch of time in which less than the least rate has come. */
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
