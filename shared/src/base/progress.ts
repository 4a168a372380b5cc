/** How far long work has come, how fast it goes and how long it will take. */

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Units a second over the last few seconds; undefined until there is something to say. */
  readonly rate?: number;
  /** Milliseconds until the end at that rate. */
  readonly remainingMs?: number;
}

/**
 * Milliseconds over which the rate is averaged: long enough to be calm, short enough to follow a
 * change.
 */
const WINDOW_MS = 5_000;
/** Milliseconds before the first rate is given: earlier ones are guesses. */
const SETTLE_MS = 500;

/**
 * Turns "so much is done" into progress with rate and remaining time. `now` is a monotonic clock in
 * milliseconds.
 */
export function trackProgress(total: number, now: () => number): (done: number) => Progress {
  const samples = [{ at: now(), done: 0 }];
  return (done) => {
    const at = now();
    samples.push({ at, done });
    while (samples.length > 2 && at - (samples[1]?.at ?? at) > WINDOW_MS) samples.shift();
    const first = samples[0] ?? { at, done };
    const elapsed = at - first.at;
    if (elapsed < SETTLE_MS || done <= first.done) return { done, total };
    const rate = ((done - first.done) / elapsed) * 1000;
    return { done, total, rate, remainingMs: Math.max(0, ((total - done) / rate) * 1000) };
  };
}

/** "3.4 MB", "12 kB", "830 bytes": decimal units, as disks and networks are sold. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** "less than a second", "40 s", "3 min 20 s", "2 h 5 min". */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 1) return "less than a second";
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0
    ? `${minutes / 60} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
