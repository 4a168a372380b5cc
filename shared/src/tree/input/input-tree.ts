/** A tree as it was read from an input, and what people should know of how it was read. */

import type { SourceTree } from "../source.ts";
import type { Excluded } from "./exclude.ts";
import { EXECUTABLE_MODE } from "./program.ts";

export interface TreeReport {
  /** What patterns kept out, in the order in which it was met. */
  readonly excluded: readonly Excluded[];
  /** Paths of programs for which the input has no mode, so that they are not executable. */
  readonly programs: readonly string[];
  /** Extended attributes that the tree does not record, where somebody counted them. */
  readonly leftOut?: readonly LeftOut[];
}

export interface LeftOut {
  readonly name: string;
  /** Paths that have it. */
  readonly count: number;
}

export interface InputTree extends SourceTree {
  readonly report: TreeReport;
}

/** The same tree with its `programs` executable: mode 0755. */
export function makeExecutable(tree: InputTree): InputTree {
  const programs = new Set(tree.report.programs);
  const entries = tree.manifest.entries.map((entry) =>
    entry.kind === "file" && programs.has(entry.path) ? { ...entry, mode: EXECUTABLE_MODE } : entry,
  );
  return { ...tree, manifest: { entries }, report: { ...tree.report, programs: [] } };
}
