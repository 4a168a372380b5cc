/**
 * Applying a delta, top to bottom: open → plan → make directories → decode what travelled, while
 * what did not change is shared → close directories → compare tree ids → read everything back.
 * Decoding is synchronous, as the codec's callbacks are; runs in a worker thread.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync } from "node:fs";
import { dirname } from "node:path";
import { InfieldError, toHex } from "@infield/shared/base";
import { completeManifest } from "@infield/shared/delta";
import {
  type Entry,
  filesOf,
  formatManifest,
  type Manifest,
  parseManifest,
} from "@infield/shared/tree";
import {
  type Codec,
  type GroupReader,
  isCodecError,
  type OpenDelta,
  type ReadAt,
} from "@infield/wasm/codec";
import { blockBytes, checkFreeSpace } from "../../host/disk-space.ts";
import type { Hashed } from "../../host/file-stamp.ts";
import { toIoError } from "../../host/io-error.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { checkTree } from "../../tree/check-tree.ts";
import { writeXattrs } from "../../tree/xattr-tools.ts";
import { damagedDelta, toDeltaError } from "../codec-failure.ts";
import type { ApplyJob, WrittenTree } from "./apply-job.ts";
import { type ApplyPlan, planApply, spaceOf } from "./apply-plan.ts";
import { BaseReader, openForRead, readFully, reusedBuffer } from "./base-reader.ts";
import { FileSharer } from "./share-file.ts";
import { type Helper, type SharePlace, startHelper, startSharing } from "./share-unchanged.ts";
import { TreeWriter } from "./tree-writer.ts";

/** Bytes decoded, hashed and written at once. */
const CHUNK_BYTES = 64 * 1024;

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
  let written = 0;
  const report: Report = (bytes) => {
    written += bytes;
    onProgress(written + sharing.doneBytes(), plan.totalBytes);
  };
  const hashes = writeCarried(delta, plan, job, writer, report);
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

/** Writes the files whose bytes travelled, in order; returns their hashes. */
function writeCarried(
  delta: OpenDelta,
  plan: ApplyPlan,
  job: ApplyJob,
  writer: TreeWriter,
  report: Report,
): string[] {
  const base = new BaseReader(job.baseFolder, plan.baseFiles);
  const stream = new GroupStream(delta, base);
  try {
    return plan.skeleton.carried.map((entry) => {
      const hash = createHash("sha256");
      writer.makeFile(entry, (file) => {
        stream.take(entry.size, (chunk) => {
          hash.update(chunk);
          file.write(chunk);
          report(chunk.length);
        });
      });
      return hash.digest("hex");
    });
  } finally {
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

/** The bytes of all groups, one after another, taken file by file; one group is open at a time. */
class GroupStream {
  readonly #delta: OpenDelta;
  readonly #base: BaseReader;
  /** Serves every read: an array for each would be garbage by the megabyte. */
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #reader: GroupReader | undefined;
  #next = 0;

  constructor(delta: OpenDelta, base: BaseReader) {
    this.#delta = delta;
    this.#base = base;
  }

  /** Hands out exactly `bytes` bytes; a chunk is overwritten by the next one. */
  take(bytes: number, onChunk: (chunk: Uint8Array) => void): void {
    for (let left = bytes; left > 0; ) {
      const chunk = this.#read(Math.min(left, CHUNK_BYTES));
      left -= chunk.length;
      onChunk(chunk);
    }
  }

  close(): void {
    this.#reader?.free();
    this.#reader = undefined;
  }

  #read(most: number): Uint8Array {
    for (;;) {
      const bytes = blamingBase(() => this.#reader?.read(this.#chunk.subarray(0, most)) ?? 0);
      if (bytes > 0) return this.#chunk.subarray(0, bytes);
      blamingBase(() => this.#openNext());
    }
  }

  #openNext(): void {
    this.close();
    const group = this.#delta.groups[this.#next];
    if (group === undefined) throw damagedDelta("it carries fewer bytes than its files have");
    this.#reader = this.#delta.openGroup(this.#next++, this.#base.readSpans(group.base));
  }
}

/**
 * The delta's checksum was right: when it does not decode now, the base is not the one that it was
 * made for.
 */
function blamingBase<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (isCodecError(error) && error.code === "delta-damaged") throw wrongResult(error);
    throw error;
  }
}

/** The codec copies what it is given at once, so one buffer serves all reads. */
function deltaReader(fd: number): ReadAt {
  const buffer = reusedBuffer();
  return (offset, bytes) => {
    const chunk = buffer(bytes);
    if (readFully(fd, chunk, offset) < bytes)
      throw damagedDelta("it became shorter while it was read");
    return chunk;
  };
}

function wrongResult(cause?: unknown): InfieldError {
  return new InfieldError(
    "wrong-result",
    "the rebuilt tree is not the one the delta promises",
    "check that the base was not changed (`infield verify`), and get the delta again",
    cause,
  );
}
