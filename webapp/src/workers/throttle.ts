/**
 * Progress across a thread boundary costs a message each, and nobody reads more than a few numbers
 * a second.
 */

/** Milliseconds between two reports: smooth to look at. */
const INTERVAL_MS = 100;

/** Passes on the first call and then at most one every INTERVAL_MS; `isLast` calls always pass. */
export function throttle<Args extends unknown[]>(
  report: (...args: Args) => void,
  isLast: (...args: Args) => boolean,
  now: () => number = () => performance.now(),
): (...args: Args) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (...args) => {
    if (!isLast(...args) && now() - last < INTERVAL_MS) return;
    last = now();
    report(...args);
  };
}
