/** The table of `bench:system`. */
import { formatCount, formatMebibytes, formatRatio, formatTable } from "../../figures/table.ts";
import type { Cost } from "../contest/meter.ts";

export type Measured = Cost & { readonly bytes?: number | undefined };

export interface Row {
  readonly name: string;
  /** What is compared; seconds unless told otherwise. */
  readonly unit?: "bytes" | "memory";
  readonly ours: Measured;
  readonly theirs?: Measured | undefined;
  readonly peer?: string;
  /** The most that ours may be of theirs. */
  readonly goal?: number;
  /** The most that ours may take, where nobody's is compared. */
  readonly goalBytes?: number;
}

export function formatRows(rows: readonly Row[]): string {
  return formatTable(
    ["", "ours", "theirs", "ratio", "at most", "our peak, MiB", "theirs, MiB", "they"],
    rows.map((row) => {
      const [ours, theirs] = [figureOf(row, row.ours), figureOf(row, row.theirs)];
      const ratio = ours === undefined || theirs === undefined ? undefined : ours / theirs;
      return [
        row.name,
        format(row, ours),
        format(row, theirs),
        ratio === undefined ? "–" : formatRatio(ratio),
        goalOf(row),
        peakOf(row.ours),
        peakOf(row.theirs),
        row.peer || "–",
      ];
    }),
  );
}

function goalOf({ goal, goalBytes }: Row): string {
  if (goalBytes !== undefined) return `${formatMebibytes(goalBytes)} MiB`;
  return goal === undefined ? "–" : String(goal);
}

function figureOf({ unit }: Row, of: Measured | undefined): number | undefined {
  if (unit === "bytes") return of?.bytes;
  return unit === "memory" ? of?.peakBytes : of?.seconds;
}

function format({ unit }: Row, value: number | undefined): string {
  if (value === undefined) return "–";
  if (unit === "bytes") return `${formatCount(value)} bytes`;
  return unit === "memory" ? `${formatMebibytes(value)} MiB` : `${formatRatio(value)} s`;
}

function peakOf(of: Measured | undefined): string {
  return of?.peakBytes === undefined ? "–" : formatMebibytes(of.peakBytes);
}
