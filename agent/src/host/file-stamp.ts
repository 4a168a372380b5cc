/**
 * The stamp of a file: which inode it is, and when that was last changed. The kernel sets the time
 * of a change (ctime) itself, at every write, truncation and change of attributes, and lets nobody
 * choose it: where two stamps are equal, nothing was written to the file in between. Kernels before
 * 6.13 count this time in ticks of some milliseconds, so a write within the tick of the first stamp
 * may not show in it; the time of the last write (mtime), which is in the stamp too, is old by
 * then.
 */
import type { BigIntStats } from "node:fs";

export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

/** A file that was read to its end, and found to be this, when its inode bore that stamp. */
export interface Hashed {
  readonly stamp: string;
  /** Of the bytes that were read, not of what somebody expected. */
  readonly sha256: string;
}
