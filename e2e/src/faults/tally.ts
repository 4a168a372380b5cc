/**
 * How many points were tried, by filesystem, fault and phase, as the table that a run ends with.
 */

import type { Point } from "./sweeps/point.ts";
import type { DiskKind } from "./victim/disks.ts";
import type { Fault } from "./victim/victim.ts";

/** In the order of an update; what happens in none of them is counted with `open`. */
const PHASES = [
  "open",
  "receive",
  "build",
  "switch",
  "confirm",
  "rollback",
  "prune",
  "repair",
  "recover",
];

export class Tally {
  readonly #rows = new Map<string, Map<string, number>>();
  points = 0;

  add(disk: DiskKind, { name }: Pick<Fault, "name">, { phase }: Pick<Point, "phase">): void {
    const key = `${disk} | ${name}`;
    const row = this.#rows.get(key) ?? new Map<string, number>();
    this.#rows.set(key, row);
    row.set(phase, (row.get(phase) ?? 0) + 1);
    this.points++;
  }

  /** Markdown, as docs show it. */
  toTable(): string {
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      line(["filesystem", "fault", ...PHASES, "points"]),
      line(["---", "---", ...PHASES.map(() => "---"), "---"]),
      ...rows.map(([key, row]) => {
        const counts = PHASES.map((phase) => row.get(phase) ?? 0);
        return line([
          key,
          ...counts.map((count) => (count === 0 ? "" : String(count))),
          String(sum(row.values())),
        ]);
      }),
    ].join("\n");
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
