/** How many cuts there were, by filesystem and what was under way, and what they lost. */
import type { ActionName } from "../faults/scene/actions.ts";
import type { Filesystem } from "./machine/disk.ts";
import type { Cut } from "./power/cuts.ts";

interface Row {
  cuts: number;
  unflushed: number;
  lost: number;
  violations: number;
}

export class CutTally {
  readonly #rows = new Map<string, Row>();
  cuts = 0;

  add(filesystem: Filesystem, action: ActionName, cut: Cut): void {
    const key = `${filesystem} | ${action} | ${cut.phase}`;
    const row = this.#rows.get(key) ?? { cuts: 0, unflushed: 0, lost: 0, violations: 0 };
    this.#rows.set(key, row);
    row.cuts++;
    row.unflushed += cut.unflushed;
    row.lost += cut.lost;
    // Of a planted mistake, violations are what is looked for.
    if (cut.phase !== "planted") row.violations += cut.violations.length;
    this.cuts++;
  }

  /** Markdown, as docs show it. */
  toTable(): string {
    const head = "filesystem | action | cut in | cuts | writes not flushed | lost | violations";
    const rows = [...this.#rows].map(
      ([key, { cuts, unflushed, lost, violations }]) =>
        `| ${key} | ${cuts} | ${unflushed} | ${lost} | ${violations} |`,
    );
    return [`| ${head} |`, "|---|---|---|---|---|---|---|", ...rows].join("\n");
  }
}
