/** Progress of long work as one line of a terminal, drawn over and over and wiped at the end. */
import { formatBytes, formatDuration, type Progress, trackProgress } from "@infield/shared/base";

/** Milliseconds between two drawings: calm to the eye, nothing to the processor. */
const REDRAW_MS = 100;
const BAR_CELLS = 20;
/** Back to the first column, and everything right of it wiped (ECMA-48, EL). */
const WIPE = "\r\u001b[K";

/** What of a terminal's stream is used. */
interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressLine {
  /**
   * Bytes done of bytes to do. A new label or total starts a new measure of rate and remaining
   * time.
   */
  update(label: string, done: number, total: number): void;
  /** Wipes the line. */
  end(): void;
}

/**
 * A line on `stream`; on anything but a terminal it stays silent. `now`: a monotonic clock in
 * milliseconds.
 */
export function createProgressLine(stream: LineStream, now: () => number): ProgressLine {
  let track = trackProgress(0, now);
  let tracked = { label: "", total: 0 };
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    update(label, done, total) {
      if (stream.isTTY !== true) return;
      if (label !== tracked.label || total !== tracked.total) track = trackProgress(total, now);
      tracked = { label, total };
      const progress = track(done);
      if (now() - drawnAt < REDRAW_MS) return;
      drawnAt = now();
      // One column stays free: a full line would wrap on some terminals and could not be wiped.
      stream.write(WIPE + formatProgressLine(label, progress).slice(0, (stream.columns ?? 80) - 1));
    },
    end() {
      if (drawnAt !== Number.NEGATIVE_INFINITY) stream.write(WIPE);
      drawnAt = Number.NEGATIVE_INFINITY;
    },
  };
}

/** `reading new  [######--------------]  30%  3.1 MB of 10 MB  1.2 MB/s  6 s left` */
export function formatProgressLine(
  label: string,
  { done, total, rate, remainingMs }: Progress,
): string {
  const fraction = total === 0 ? 0 : Math.min(1, done / total);
  const filled = Math.floor(fraction * BAR_CELLS);
  return [
    label,
    `[${"#".repeat(filled)}${"-".repeat(BAR_CELLS - filled)}]`,
    `${Math.floor(fraction * 100)}%`.padStart(4),
    `${formatBytes(done)} of ${formatBytes(total)}`,
    ...(rate === undefined ? [] : [`${formatBytes(Math.round(rate))}/s`]),
    ...(remainingMs === undefined ? [] : [`${formatDuration(remainingMs)} left`]),
  ].join("  ");
}
