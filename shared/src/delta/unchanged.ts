/** Files of a target whose bytes its base has, and where a laptop takes them from. */
import type { FileEntry } from "../tree/entry.ts";
import { haveSameXattrs } from "../tree/xattr.ts";

export interface UnchangedFile {
  readonly target: FileEntry;
  readonly old: FileEntry;
  /**
   * The old file may be hard-linked: it has the same attributes, and serves no other file of the
   * target, as two files of a tree stay two.
   */
  readonly mayLink: boolean;
}

/**
 * Pairs `targets`, whose bytes are all in the base, with files of it: best with the one at the same
 * path, else with one that serves no other. `old` is undefined where the base lacks the bytes.
 */
export function findUnchanged(
  baseFiles: readonly FileEntry[],
  targets: readonly FileEntry[],
): (Omit<UnchangedFile, "old"> & { readonly old: FileEntry | undefined })[] {
  const byHash = groupByHash(baseFiles);
  const ownOf = (target: FileEntry) =>
    byHash.get(target.sha256)?.find(({ path }) => path === target.path);
  const taken = new Set(targets.flatMap((target) => ownOf(target) ?? []));
  return targets.map((target) => {
    const own = ownOf(target);
    if (own !== undefined) return { target, old: own, mayLink: haveSameAttributes(own, target) };
    const same = byHash.get(target.sha256) ?? [];
    const free = same.find((file) => !taken.has(file));
    if (free === undefined) return { target, old: same[0], mayLink: false };
    taken.add(free);
    return { target, old: free, mayLink: haveSameAttributes(free, target) };
  });
}

function groupByHash(files: readonly FileEntry[]): Map<string, FileEntry[]> {
  const byHash = new Map<string, FileEntry[]>();
  for (const file of files) {
    const same = byHash.get(file.sha256);
    if (same === undefined) byHash.set(file.sha256, [file]);
    else same.push(file);
  }
  return byHash;
}

/** An inode has one set of them, whichever version it serves. */
function haveSameAttributes(old: FileEntry, target: FileEntry): boolean {
  return (
    old.mode === target.mode &&
    old.uid === target.uid &&
    old.gid === target.gid &&
    old.mtime === target.mtime &&
    haveSameXattrs(old, target)
  );
}
