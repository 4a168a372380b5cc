/**
 * Deltas that no release record names, as they were made later for a straggler. `made.json` says
 * what they lead from and to; their bytes are blobs like any other. All of it can be made again: a
 * lost or damaged file means that there are none.
 */
import { readFile, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { MAX_VERSION } from "@infield/shared/base";
import { type BlobRecord, BlobRecordSchema, Count, parseRecord } from "@infield/shared/records";
import * as v from "valibot";
import { replaceFile } from "../../host/durable.ts";
import { toIoError } from "../../host/io-error.ts";
import { layoutOf } from "../root/layout.ts";
import type { Store, WritableRoot } from "../root/root.ts";

/** A delta to version `to`, from the tree of version `blob.from`. */
export interface MadeDelta {
  readonly to: number;
  readonly blob: BlobRecord;
}

/** Deltas kept at one time: one for each version that a class full of stragglers may be at. */
export const MAX_MADE = 16;
/**
 * Share of the disk that all of them may take: what is only a convenience must not crowd out the
 * next release.
 */
const MAX_DISK_SHARE = 0.05;

const MadeSchema = v.strictObject({
  infield: v.literal("made 1"),
  deltas: v.pipe(
    v.array(v.strictObject({ to: Count(1, MAX_VERSION), blob: BlobRecordSchema })),
    v.maxLength(MAX_MADE),
  ),
});

/** Those whose bytes are here, the oldest first; they are checked where they are used. */
export async function readMade({
  path,
  repository,
}: Pick<Store, "path" | "repository">): Promise<MadeDelta[]> {
  const listed = await readFile(layoutOf(path).madeFile, "utf8")
    .then((text) => parseRecord(MadeSchema, text, "made.json").deltas)
    .catch(() => []);
  const here = await Promise.all(
    listed.map(({ blob }) => repository.hasBlob(blob.root, blob.bytes)),
  );
  return listed.filter((_, index) => here[index]);
}

/**
 * Lists a delta whose bytes are in the repository, in place of an earlier one between the same
 * versions, and lets go of the oldest where there are too many. Throws `no-space`,
 * `io-failed`.
 */
export async function keepMade(root: WritableRoot, made: MadeDelta): Promise<void> {
  const others = (await readMade(root)).filter(({ blob }) => blob.root !== made.blob.root);
  const kept = others.filter(({ to, blob }) => to !== made.to || blob.from !== made.blob.from);
  await writeMade(root, [...kept, made].slice(-MAX_MADE), others);
}

/**
 * Takes a delta and its bytes away, whole or in part, as it turned out not to be what it was said
 * to be. Throws `io-failed`.
 */
export async function dropMade(root: WritableRoot, blobRoot: string): Promise<void> {
  const listed = await readMade(root);
  await writeMade(
    root,
    listed.filter(({ blob }) => blob.root !== blobRoot),
    listed,
  );
  const { incoming } = layoutOf(root.path);
  await rm(join(incoming, `${blobRoot}.part`), { force: true }).catch((error: unknown) => {
    throw toIoError(error, `clear ${JSON.stringify(incoming)}`);
  });
}

/**
 * False where a delta of so many bytes, with those that are kept already, would take too much of
 * the disk.
 */
export async function hasSpaceForMade(root: Store, bytes: number): Promise<boolean> {
  const { blocks, bavail, bsize } = await statfs(root.path);
  const kept = (await readMade(root)).reduce((sum, { blob }) => sum + blob.bytes, 0);
  const limit = blocks * bsize * MAX_DISK_SHARE;
  return kept + bytes <= limit && bytes + limit <= bavail * bsize;
}

/**
 * The list first: a crash in between leaves blobs that nothing names, which are removed with the
 * next update.
 */
async function writeMade(
  root: WritableRoot,
  kept: readonly MadeDelta[],
  before: readonly MadeDelta[],
): Promise<void> {
  const file = layoutOf(root.path).madeFile;
  try {
    await replaceFile(file, `${JSON.stringify({ infield: "made 1", deltas: kept })}\n`);
    const names = new Set(kept.map(({ blob }) => blob.root));
    for (const { blob } of before) {
      if (!names.has(blob.root)) await rm(root.repository.blobFile(blob.root), { force: true });
    }
  } catch (error) {
    throw toIoError(error, `write ${JSON.stringify(file)}`);
  }
}
