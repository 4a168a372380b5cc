/** Which changes are shown: fifty thousand rows would help nobody and slow the page down. */
import type { Change, ChangeKind } from "@infield/shared/delta";

/** Rows shown at once. */
export const MAX_ROWS = 200;

export interface ChangeFilter {
  readonly kind: ChangeKind | "all";
  /** Part of the path, upper or lower case; empty for all. */
  readonly text: string;
}

/** The first rows that match, and how many more there are. */
export function filterChanges(
  changes: readonly Change[],
  { kind, text }: ChangeFilter,
): { rows: Change[]; more: number } {
  const wanted = text.trim().toLowerCase();
  const matching = changes.filter(
    (change) =>
      (kind === "all" || change.kind === kind) && change.path.toLowerCase().includes(wanted),
  );
  return { rows: matching.slice(0, MAX_ROWS), more: Math.max(0, matching.length - MAX_ROWS) };
}
