/** Markdown tables. */

/** A table; cells that hold figures are on the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = `|---|${"--:|".repeat(head.length - 1)}`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en");
}

/** Three digits that count: 0.0123, 1.23, 12.3, 123. */
export function formatRatio(ratio: number): string {
  if (ratio >= 100) return ratio.toFixed(0);
  return ratio.toPrecision(ratio < 0.1 ? 2 : 3);
}

export function formatMebibytes(bytes: number): string {
  return formatRatio(bytes / 2 ** 20);
}
