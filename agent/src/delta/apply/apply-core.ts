/**
 * Applying a delta, top to bottom: open → plan → make directories → decode what travelled, while
 * what did not change is shared → close directories → compare tree ids → read everything back.
 * Decoding is synchronous, as the codec's callbacks are; runs in a worker thread.
 */
import { closeSync, fstatSync } from "node:fs";
import { dirname } from "node:path";
import { toHex } from "@infield/shared/base";
import { completeManifest } from "@infield/shared/delta";
import {
  type Entry,
  filesOf,
  formatManifest,
  type Manifest,
  parseManifest,
} from "@infield/shared/tree";
import type { Codec, OpenDelta } from "@infield/wasm/codec";
import { blockBytes, checkFreeSpace } from "../../host/disk-space.ts";
import type { Hashed } from "../../host/file-stamp.ts";
import { toIoError } from "../../host/io-error.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { checkTree } from "../../tree/check-tree.ts";
import { writeXattrs } from "../../tree/xattr-tools.ts";
import { damagedDelta, toDeltaError } from "../codec-failure.ts";
import type { ApplyJob, WrittenTree } from "./apply-job.ts";
import { type ApplyPlan, planApply, spaceOf } from "./apply-plan.ts";
import { BaseReader, openForRead } from "./base-reader.ts";
import { type CarriedJob, carriedJob, writeUnits, writtenBytes } from "./carried-files.ts";
import { startDecodeHelpers } from "./decode-helpers.ts";
import { deltaReader, GroupStream, wrongResult } from "./group-stream.ts";
import { FileSharer } from "./share-file.ts";
import { type Helper, type SharePlace, startHelper, startSharing } from "./share-unchanged.ts";
import { TreeWriter } from "./tree-writer.ts";

type Report = (bytes: number) => void;

interface ApplyListener {
  /** Hears of bytes written, of the target's bytes. */
  onProgress(doneBytes: number, totalBytes: number): void;
  /** Hears what is in `job.out`, before it is read back. */
  onWritten(tree: WrittenTree): void;
}

interface BuiltTree {
  readonly manifest: Manifest;
  /** The same, canonical. */
  readonly bytes: Uint8Array;
  /** Files that are hard links to the base's, by path. */
  readonly linked: ReadonlyMap<string, Hashed>;
}

/**
 * Fills `job.out`. Throws as `applyDelta`; then `job.out` is left half-written for the caller to
 * remove.
 */
export async function runApply(
  codec: Codec,
  job: ApplyJob,
  listener: ApplyListener,
): Promise<void> {
  const { manifest, bytes, linked } = await writeTree(codec, job, listener.onProgress);
  const pathsOf = (kind: Entry["kind"]) =>
    manifest.entries.filter((entry) => entry.kind === kind).map(({ path }) => path);
  const files = pathsOf("file").filter((path) => !linked.has(path));
  listener.onWritten({ manifest: bytes, files, directories: pathsOf("dir") });
  if (job.readBack) await checkTree(job.out, manifest, undefined, linked);
}

async function writeTree(
  codec: Codec,
  job: ApplyJob,
  onProgress: ApplyListener["onProgress"],
): Promise<BuiltTree> {
  let fd: number | undefined;
  let delta: OpenDelta | undefined;
  let helper: Helper | undefined;
  try {
    const base = parseManifest(job.baseManifest);
    helper = startHelper({ place: placeOf(job), baseFiles: filesOf(base) });
    const opened = openForRead(job.delta);
    fd = opened;
    delta = codec.openDelta(
      deltaReader(opened),
      fstatSync(opened).size,
      job.baseManifest,
      job.memoryBytes,
    );
    const plan = planApply(base, delta, job.system);
    checkFreeSpace(dirname(job.out), spaceOf(plan, job.share, blockBytes(job.out)));
    return await buildTree(delta, plan, job, helper, onProgress);
  } catch (error) {
    throw toIoError(toDeltaError(error), `apply ${JSON.stringify(job.delta)}`);
  } finally {
    await helper?.stop();
    delta?.free();
    if (fd !== undefined) closeSync(fd);
  }
}

async function buildTree(
  delta: OpenDelta,
  plan: ApplyPlan,
  job: ApplyJob,
  helper: Helper | undefined,
  onProgress: ApplyListener["onProgress"],
): Promise<BuiltTree> {
  const writer = new TreeWriter(job.out);
  for (const directory of plan.directories) writer.makeDirectory(directory);
  const sharing = startSharing(placeOf(job), plan.unchanged, helper);
  const carried = carriedJob(plan.skeleton.carried, delta.groups);
  let repeated = 0;
  const report: Report = (bytes) => {
    repeated += bytes;
    onProgress(writtenBytes(carried) + repeated + sharing.doneBytes(), plan.totalBytes);
  };
  const progress = { job, writer, onProgress: () => report(0) };
  const hashes = await writeCarried(delta, plan, carried, progress);
  repeatCarried(plan, hashes, writer, report);
  for (const link of plan.links) writer.makeLink(link);
  const linked = await sharing.finish(() => report(0));
  for (const link of plan.hardLinks) writer.makeHardLink(link);
  const made = plan.skeleton.manifest.entries.filter(({ path }) => !linked.has(path));
  await writeXattrs(job.out, made);
  writer.finish(made);
  const manifest = completeManifest(plan.skeleton, hashes);
  const bytes = formatManifest(manifest);
  if (sha256Hex(bytes) !== toHex(delta.targetTreeId)) throw wrongResult();
  return { manifest, bytes, linked };
}

function placeOf({ baseFolder, out, share }: ApplyJob): SharePlace {
  return { baseFolder, out, mayLink: share === "link" };
}

/** Writes the files whose bytes travelled; returns their hashes, in order. */
async function writeCarried(
  delta: OpenDelta,
  plan: ApplyPlan,
  carried: CarriedJob,
  { job, writer, onProgress }: { job: ApplyJob; writer: TreeWriter; onProgress: () => void },
): Promise<string[]> {
  const base = new BaseReader(job.baseFolder, plan.baseFiles);
  const stream = new GroupStream(delta, base);
  const helpers = startDecodeHelpers({ job, carried });
  try {
    const mine = writeUnits(carried, stream, writer, onProgress);
    const all = new Map([...mine, ...(await helpers.finish())]);
    return carried.carried.map((_, file) => all.get(file) ?? "");
  } finally {
    await helpers.stop();
    stream.close();
    base.close();
  }
}

/** Files with the same bytes as a carried one. Never hard links: two files of a tree stay two. */
function repeatCarried(
  plan: ApplyPlan,
  hashes: readonly string[],
  writer: TreeWriter,
  report: Report,
): void {
  const sharer = new FileSharer(writer, false);
  for (const { target, number } of plan.repeated) {
    const first = plan.skeleton.carried[number];
    const sha256 = hashes[number];
    if (first === undefined || sha256 === undefined)
      throw damagedDelta("it repeats a file it does not carry");
    sharer.share({ path: writer.pathOf(first), entry: { ...first, sha256 } }, target, false);
    report(target.size);
  }
}
