/** What a scenario found, for people and for programs. */
import { formatTable } from "../../figures/table.ts";

/** One line of the promises, and whether it was kept in this run. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly seen: string;
  readonly met: boolean;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Report<Data extends object = object> {
  readonly goals: readonly Goal[];
  readonly tables: readonly Table[];
  /** Everything measured, for `--json`. */
  readonly data: Data;
}

export function formatReport({ goals, tables }: Report): string {
  const goalRows = goals.map(({ what, goal, seen, met }) => [what, goal, seen, met ? "yes" : "NO"]);
  const all = [...tables, { head: ["goal", "is", "was", "met"], rows: goalRows }];
  return all.map(({ head, rows }) => formatTable(head, rows)).join("\n\n");
}

/** Least, median and most of numbers that may be missing; how many are. */
export function spread(
  values: readonly (number | undefined)[],
): readonly [string, string, string, string] {
  const there = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const at = (share: number) => formatNumber(there[Math.floor((there.length - 1) * share)]);
  return [at(0), at(0.5), at(1), String(values.length - there.length)];
}

function formatNumber(value: number | undefined): string {
  if (value === undefined) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}
