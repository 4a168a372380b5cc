/** What people are told of how an input was read: what was kept out, what has no modes. */
import type { Excluded, TreeReport } from "@infield/shared/tree";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

/** Paths named in a note. */
const NAMED = 3;
const ORIGINS = { option: "--exclude", file: ".infieldignore", default: "by default" } as const;

/** Lines of a summary; none where nothing was kept out. `name` is what the tree is called. */
export function describeExcluded(name: string, excluded: readonly Excluded[]): string[] {
  if (excluded.length === 0) return [];
  const count = excluded.reduce((sum, one) => sum + one.count, 0);
  const rows = excluded.map(({ pattern, origin, count, example }) => [
    `  ${pattern}`,
    ORIGINS[origin],
    count.toLocaleString("en"),
    example,
  ]);
  const paths = count === 1 ? "1 path" : `${count.toLocaleString("en")} paths`;
  return [`kept out of ${name}: ${paths}`, ...alignColumns(rows, [2])];
}

/** Programs of an input without modes, which nobody could run. */
export function notePrograms(name: string, { programs }: TreeReport, terminal: Terminal): void {
  if (programs.length === 0) return;
  const count = programs.length.toLocaleString("en");
  const are = programs.length === 1 ? "program is" : "programs are";
  terminal.note(
    `${count} ${are} not executable, as ${name} carries no modes: ${namePaths(programs)}`,
    "say `--executable auto` to make programs and scripts executable",
  );
}

/** The first few, and how many more. */
export function namePaths(paths: readonly string[]): string {
  const more =
    paths.length > NAMED ? ` and ${(paths.length - NAMED).toLocaleString("en")} more` : "";
  return paths.slice(0, NAMED).join(", ") + more;
}
