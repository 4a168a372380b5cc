/**
 * The files whose bytes travelled, in units that need nothing of each other: some groups, and the
 * files that these are all of. As many threads as are free take one unit after another.
 */
import { createHash } from "node:crypto";
import type { FileEntry } from "@infield/shared/tree";
import type { GroupStream } from "./group-stream.ts";
import type { TreeWriter } from "./tree-writer.ts";

export interface Unit {
  /** The first of its groups, and of its files. */
  readonly group: number;
  readonly file: number;
  /** Files up to this one. */
  readonly endFile: number;
}

/** Plain data, for all threads. */
export interface CarriedJob {
  readonly carried: readonly FileEntry[];
  readonly units: readonly Unit[];
  /** Shared: how many units were taken, and the bytes written. */
  readonly counters: BigInt64Array;
}

const TAKEN = 0;
const BYTES = 1;

/** Hashes as hex digits, by the number of the carried file. */
export type Hashes = ReadonlyMap<number, string>;

export function carriedJob(
  carried: readonly FileEntry[],
  groups: readonly { readonly targetBytes: number }[],
): CarriedJob {
  const counters = new BigInt64Array(new SharedArrayBuffer(2 * 8));
  return { carried, units: cutUnits(carried, groups), counters };
}

export function writtenBytes({ counters }: CarriedJob): number {
  return Number(Atomics.load(counters, BYTES));
}

/** A unit ends where a group and a file end together. */
export function cutUnits(
  carried: readonly { readonly size: number }[],
  groups: readonly { readonly targetBytes: number }[],
): Unit[] {
  const units: Unit[] = [];
  let [group, file, endFile, groupEnd, fileEnd] = [0, 0, 0, 0, 0];
  groups.forEach(({ targetBytes }, index) => {
    groupEnd += targetBytes;
    for (let size = carried[endFile]?.size; size !== undefined; size = carried[endFile]?.size) {
      if (fileEnd + size > groupEnd) break;
      fileEnd += size;
      endFile++;
    }
    if (fileEnd !== groupEnd) return;
    units.push({ group, file, endFile });
    [group, file] = [index + 1, endFile];
  });
  if (file < carried.length) units.push({ group, file, endFile: carried.length });
  return units;
}

/** Writes units until none is left to take; gives the hashes of what it wrote. */
export function writeUnits(
  { carried, units, counters }: CarriedJob,
  stream: GroupStream,
  writer: TreeWriter,
  onProgress: () => void = () => {},
): Hashes {
  const hashes = new Map<number, string>();
  for (;;) {
    const unit = units[Number(Atomics.add(counters, TAKEN, 1n))];
    if (unit === undefined) return hashes;
    stream.seek(unit.group);
    for (let file = unit.file; file < unit.endFile; file++) {
      const entry = carried[file];
      if (entry === undefined) break;
      const hash = createHash("sha256");
      writer.makeFile(entry, (out) => {
        stream.take(entry.size, (chunk) => {
          hash.update(chunk);
          out.write(chunk);
          Atomics.add(counters, BYTES, BigInt(chunk.length));
          onProgress();
        });
      });
      hashes.set(file, hash.digest("hex"));
    }
  }
}
