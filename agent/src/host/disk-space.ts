/**
 * DiskSpace on a disk, asked before anything is written: to find out half-way costs a teacher the
 * lesson.
 */
import { type StatsFs, statfsSync } from "node:fs";
import { formatBytes } from "@infield/shared/base";
import { noSpace } from "./io-error.ts";

export interface DiskSpace {
  readonly bytes: number;
  /** Files, directories and links that will be made. */
  readonly entries: number;
}

/**
 * What is free for this user. Filesystems that make inodes as they need them (btrfs, FAT) report
 * none: any number (statfs(2)).
 */
export function readFreeSpace(folder: string): DiskSpace {
  const disk = statfsSync(folder);
  const entries = disk.files > 0 ? disk.ffree : Number.POSITIVE_INFINITY;
  return { bytes: disk.bavail * disk.bsize, entries };
}

/**
 * Throws `no-space`, with how much is missing, unless the filesystem of `folder` has that much for
 * this user.
 */
export function checkFreeSpace(folder: string, need: DiskSpace): void {
  const lacking = describeShortfall(shortfallOf(readFreeSpace(folder), need));
  if (lacking !== undefined) throw noSpace(folder, lacking);
}

/** How much more than there is; nothing negative. */
export function shortfallOf(free: DiskSpace, need: DiskSpace): DiskSpace {
  return {
    bytes: Math.max(0, Math.ceil(need.bytes - free.bytes)),
    entries: Math.max(0, need.entries - free.entries),
  };
}

/** `1.2 MB`, `300 inodes`, both, or undefined for nothing. */
export function describeShortfall({ bytes, entries }: DiskSpace): string | undefined {
  const parts = [
    ...(bytes > 0 ? [formatBytes(bytes)] : []),
    ...(entries > 0 ? [`${entries.toLocaleString("en")} inodes`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(" and ");
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
