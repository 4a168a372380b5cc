/** What reading a whole root found: facts; what is wrong with them, problems.ts says. */
import type { DiskSpace } from "../../host/disk-space.ts";
import type { Difference } from "../../tree/differences.ts";

export interface VersionFinding {
  readonly version: number;
  readonly inUse: boolean;
  readonly onTrial: boolean;
  /** A rollback leads here. */
  readonly wayBack: boolean;
  readonly confirmed: boolean;
  readonly held: boolean;
  /** `prune` keeps it. */
  readonly needed: boolean;
  readonly sound: boolean;
  /** Empty also where the manifest itself is damaged, and nothing can be compared. */
  readonly differences: readonly Difference[];
}

export interface Findings {
  readonly root: string;
  /** A process works on the root now. */
  readonly busy: boolean;
  readonly free: DiskSpace;
  readonly ballast: boolean;
  readonly versions: readonly VersionFinding[];
  readonly blobs: {
    readonly count: number;
    readonly bytes: number;
    readonly damaged: readonly string[];
  };
  /** Blobs that are not complete yet. */
  readonly incoming: number;
  /** Releases whose record in the repository is damaged. */
  readonly damagedReleases: readonly number[];
  readonly channelDamaged: boolean;
  readonly stateLost: boolean;
}
