/** Reading so slowly that nobody notices. */
import type { Clock } from "../timing/clock.ts";

/**
 * Bytes read at once, and the rest after it: 1 MiB a second on average costs a slow disk some
 * hundredths of its time, and wakes the processor no more than once in 10 s. A system of 8 GB takes
 * two hours and a half.
 */
const SLICE_BYTES = 10 * 1024 * 1024;
const PAUSE_MS = 10_000;

/**
 * Lets a slice through, then makes everybody wait; `onSlice` is called before each. An abort ends
 * the wait.
 */
export function createPacer(
  clock: Clock,
  signal: AbortSignal,
  onSlice: () => void,
): (bytes: number) => Promise<void> {
  let left = SLICE_BYTES;
  let pause: Promise<void> | undefined;

  async function rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = clock.startTimer(PAUSE_MS, resolve);
      signal.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });
    left = SLICE_BYTES;
    pause = undefined;
    onSlice();
  }
  return async (bytes) => {
    left -= bytes;
    if (left <= 0) {
      pause ??= rest();
      await pause;
    }
  };
}
