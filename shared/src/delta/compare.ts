/** What changed between two trees, for a person to look at before it is released. */
import type { Entry } from "../tree/entry.ts";
import type { Manifest } from "../tree/manifest.ts";
import { formatEntry } from "../tree/manifest-line.ts";
import { comparePaths } from "../tree/path.ts";

export type ChangeKind = "added" | "removed" | "changed" | "moved";
export interface Change {
  readonly kind: ChangeKind;
  readonly path: string;
  /** Where a moved file was. */
  readonly from?: string;
  /** Bytes of the file now (or before, when removed); 0 for directories and links. */
  readonly bytes: number;
}
export interface Comparison {
  readonly changes: readonly Change[];
  readonly counts: Readonly<Record<ChangeKind | "unchanged", number>>;
}

/** Compares two trees by path; a file whose bytes were at a path that is gone now was moved. */
export function compareTrees(base: Manifest, target: Manifest): Comparison {
  const before = new Map(base.entries.map((entry) => [entry.path, entry]));
  const after = new Map(target.entries.map((entry) => [entry.path, entry]));
  const gone = new Map<string, string>();
  for (const entry of base.entries)
    if (entry.kind === "file" && !after.has(entry.path)) gone.set(entry.sha256, entry.path);

  const changes: Change[] = [];
  const counts = { added: 0, removed: 0, changed: 0, moved: 0, unchanged: 0 };
  const note = (kind: ChangeKind, entry: Entry, from?: string) => {
    counts[kind]++;
    changes.push({
      kind,
      path: entry.path,
      bytes: bytesOf(entry),
      ...(from !== undefined && { from }),
    });
  };
  const moved = new Set<string>();
  for (const entry of target.entries) {
    const old = before.get(entry.path);
    const from = entry.kind === "file" && old === undefined ? gone.get(entry.sha256) : undefined;
    if (old !== undefined && formatEntry(old) === formatEntry(entry)) counts.unchanged++;
    else if (old !== undefined) note("changed", entry);
    else note(from === undefined ? "added" : "moved", entry, from);
    if (from !== undefined) moved.add(from);
  }
  for (const entry of base.entries)
    if (!after.has(entry.path) && !moved.has(entry.path)) note("removed", entry);
  return { changes: changes.sort((a, b) => comparePaths(a.path, b.path)), counts };
}

function bytesOf(entry: Entry): number {
  return entry.kind === "file" ? entry.size : 0;
}
