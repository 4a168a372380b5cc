/** Room on a disk, asked before anything is written: to find out half-way costs a teacher the lesson. */
import { type StatsFs, statfsSync } from "node:fs";
import { formatBytes } from "@infield/shared";
import { noSpace } from "./io-error.ts";

export interface Room {
  readonly bytes: number;
  /** Files, directories and links that will be made. */
  readonly entries: number;
}

/**
 * Throws `no-space`, with how much is missing, unless the filesystem of `folder` has that room for this user. Filesystems
 * that make inodes as they need them (btrfs, FAT) report none, and are not asked for them (statfs(2)).
 */
export function checkRoom(folder: string, need: Room): void {
  const disk = statfsSync(folder);
  const lacking = need.bytes - disk.bavail * disk.bsize;
  if (lacking > 0) throw noSpace(folder, formatBytes(Math.ceil(lacking)));
  if (disk.files > 0 && disk.ffree < need.entries)
    throw noSpace(folder, `${need.entries - disk.ffree} inodes`);
}

/** Bytes on disk of files of these sizes: every file takes whole blocks. */
export function diskBytes(sizes: Iterable<number>, blockBytes: number): number {
  let total = 0;
  for (const size of sizes) total += Math.ceil(size / blockBytes) * blockBytes;
  return total;
}

export function blockBytes(folder: string): number {
  const disk: StatsFs = statfsSync(folder);
  return disk.bsize;
}
