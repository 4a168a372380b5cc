/** The partitions of a disk's image, as `sfdisk` (util-linux) sees them. */

import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { formatBytes, InfieldError } from "@infield/shared/base";
import { type ByteSource, type ImageKind, recogniseImage, sliceSource } from "@infield/shared/tree";
import * as v from "valibot";
import { outputOf } from "./program-output.ts";

export interface Partition {
  readonly number: number;
  /** Bytes. */
  readonly offset: number;
  readonly size: number;
  /** Of the filesystem in it, if it is one that can be read. */
  readonly kind: ImageKind;
}

/** Of `sfdisk --json`: places are counted in sectors. */
const Table = v.object({
  partitiontable: v.object({
    sectorsize: v.optional(v.number(), 512),
    partitions: v.array(v.object({ node: v.string(), start: v.number(), size: v.number() })),
  }),
});

/**
 * The partition to read: `wanted`, or the only one with a filesystem that can be a system's. Throws
 * `not-a-tree` when there is none, or more than one.
 */
export async function choosePartition(
  path: string,
  source: ByteSource,
  wanted: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Partition> {
  const readable = await listPartitions(path, source, signal);
  const chosen = readable.filter(({ number }) => wanted === undefined || number === wanted);
  const [only] = chosen;
  if (only !== undefined && chosen.length === 1) return only;
  const list = readable
    .map(({ number, kind, size }) => `${number} (${kind}, ${formatBytes(size)})`)
    .join(", ");
  const problem = readable.length === 0 ? "has no partition that can be read" : `has ${list}`;
  throw new InfieldError(
    "not-a-tree",
    `the disk of ${JSON.stringify(path)} ${problem}`,
    readable.length === 0
      ? "give an image with a partition of ext4, xfs, btrfs or squashfs"
      : "say which partition holds the system: `--partition N`",
  );
}

async function listPartitions(
  path: string,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<Partition[]> {
  const chunks = outputOf("sfdisk", ["--json", path], sfdiskMissing(), signal);
  const text = (await buffer(Readable.from(chunks))).toString("utf8");
  const { sectorsize, partitions } = v.parse(Table, JSON.parse(text)).partitiontable;
  const found: Partition[] = [];
  for (const { node, start, size } of partitions) {
    const place = { offset: start * sectorsize, size: size * sectorsize };
    if (place.offset + place.size > source.size) continue;
    const kind = await recogniseImage(sliceSource(source, place.offset, place.size));
    const number = Number(/\d+$/.exec(node)?.[0]);
    if (kind !== undefined && kind !== "disk") found.push({ number, kind, ...place });
  }
  return found;
}

function sfdiskMissing(): InfieldError {
  return new InfieldError(
    "not-a-tree",
    "an image of a disk takes the program sfdisk, which is not installed",
    "install it (Debian: the package fdisk), or give the image of the partition alone",
  );
}
