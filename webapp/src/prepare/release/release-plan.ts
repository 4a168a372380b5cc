/** Which versions signing will create, and from which versions a delta leads to each. */
import { InfieldError } from "@infield/shared/base";

export interface PlannedRelease {
  readonly version: number;
  readonly tree: "old" | "new";
  /** The deltas to make: from which version, and which tree that is. */
  readonly from: readonly { readonly version: number; readonly base: "empty" | "old" }[];
}

/** What a channel has released so far; trees are given by their ids. */
export interface EarlierReleases {
  /** Those that the channel allows. */
  readonly allowed: readonly { readonly version: number; readonly tree: string }[];
  /** The highest version there ever was, allowed or not: no number is used twice. */
  readonly latest: number;
}

const FULL_INSTALL = { version: 0, base: "empty" } as const;

/**
 * Plans the releases of a new tree on a channel. Without an old tree there is only a full install.
 * Throws `usage`, `already-exists`, `no-path`.
 */
export function planReleases(
  { allowed, latest }: EarlierReleases,
  oldTree: string | undefined,
  newTree: string,
  fullInstall: boolean,
): PlannedRelease[] {
  checkNew(allowed, latest, oldTree, newTree);
  const next = { version: latest + 1, tree: "new" } as const;
  if (oldTree === undefined) return [{ ...next, from: [FULL_INSTALL] }];
  const full = fullInstall ? [FULL_INSTALL] : [];
  if (allowed.length === 0) {
    return [
      { ...next, tree: "old", from: [FULL_INSTALL] },
      { version: latest + 2, tree: "new", from: [{ version: latest + 1, base: "old" }, ...full] },
    ];
  }
  const base = findVersion(allowed, oldTree);
  if (base === undefined) throw unknownOldTree(latest);
  return [{ ...next, from: [{ version: base, base: "old" }, ...full] }];
}

/**
 * The newest version with a tree, or undefined. Several can have it: a tree comes back after a
 * release that was a mistake.
 */
function findVersion(allowed: EarlierReleases["allowed"], tree: string): number | undefined {
  const versions = allowed.filter((release) => release.tree === tree).map(({ version }) => version);
  return versions.length === 0 ? undefined : Math.max(...versions);
}

function checkNew(
  allowed: EarlierReleases["allowed"],
  latest: number,
  oldTree: string | undefined,
  newTree: string,
): void {
  if (oldTree === newTree) {
    throw new InfieldError(
      "usage",
      "the old and the new files are the same",
      "choose the changed ones as the new files",
    );
  }
  if (allowed.some(({ version, tree }) => version === latest && tree === newTree)) {
    throw new InfieldError(
      "already-exists",
      `the new files are already version ${latest} of this channel`,
      "choose other new files, or hand out this version below",
    );
  }
}

function unknownOldTree(latest: number): InfieldError {
  return new InfieldError(
    "no-path",
    "the old files are not a version of this channel, so no laptop could use the delta",
    `choose version ${latest} as the old files, or “No old files” for a full install`,
  );
}
