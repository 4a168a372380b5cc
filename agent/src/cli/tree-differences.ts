/** How a tree on the disk differs from the one that was signed, entry by entry, in words. */
import type { Entry, Manifest } from "@infield/shared";

export interface Difference {
  readonly path: string;
  /** "is missing", "has other bytes", … */
  readonly how: string;
}

/** In path order. */
export function findDifferences(signed: Manifest, found: Manifest): Difference[] {
  const [before, after] = [byPath(signed), byPath(found)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const reasons = compareEntries(before.get(path), after.get(path));
    return reasons.length === 0 ? [] : [{ path, how: reasons.join(", ") }];
  });
}

function compareEntries(signed: Entry | undefined, found: Entry | undefined): string[] {
  if (signed === undefined) return ["does not belong there"];
  if (found === undefined) return ["is missing"];
  if (signed.kind !== found.kind) return [`is a ${NAMES[found.kind]} instead of a ${NAMES[signed.kind]}`];
  const reasons: string[] = [];
  if (signed.kind === "link" && found.kind === "link" && signed.target !== found.target) {
    reasons.push(`points to ${JSON.stringify(found.target)} instead of ${JSON.stringify(signed.target)}`);
  }
  if (signed.kind === "file" && found.kind === "file" && signed.sha256 !== found.sha256) {
    reasons.push("has other bytes");
  }
  if (signed.kind !== "link" && found.kind !== "link" && signed.mode !== found.mode) {
    reasons.push(`has mode ${found.mode.toString(8)} instead of ${signed.mode.toString(8)}`);
  }
  if (signed.uid !== found.uid || signed.gid !== found.gid) {
    reasons.push(`belongs to ${found.uid}:${found.gid} instead of ${signed.uid}:${signed.gid}`);
  }
  return reasons;
}

const NAMES = { dir: "directory", file: "file", link: "symbolic link" } as const;

function byPath(manifest: Manifest): Map<string, Entry> {
  return new Map(manifest.entries.map((entry) => [entry.path, entry]));
}
