/**
 * Progress across a thread boundary costs a message each, and nobody reads more than a few numbers
 * a second.
 */

/** Milliseconds between two reports: smooth to look at. */
const INTERVAL_MS = 100;

/** Lets a call through at most once every INTERVAL_MS, and always when it `isLast`. */
export function throttle<Args extends unknown[]>(
  report: (...args: Args) => void,
  isLast: (...args: Args) => boolean,
): (...args: Args) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (...args) => {
    const now = performance.now();
    if (!isLast(...args) && now - last < INTERVAL_MS) return;
    last = now;
    report(...args);
  };
}
