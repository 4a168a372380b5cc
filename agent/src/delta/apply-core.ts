/**
 * Applying a delta, top to bottom: open → plan → make directories → decode what travelled, while what did not change is shared →
 * close directories → compare tree ids. Decoding is synchronous, as the codec's callbacks are; runs in a worker thread.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync } from "node:fs";
import { dirname } from "node:path";
import { completeManifest, formatManifest, InfieldError, parseManifest, toHex } from "@infield/shared";
import { type Codec, type GroupReader, isCodecError, type OpenDelta, type ReadAt } from "@infield/wasm/codec";
import { toIoError } from "../store/io-error.ts";
import { blockBytes, checkRoom } from "../store/room.ts";
import { sha256Hex } from "../tree/sha256.ts";
import type { AppliedTree, ApplyJob } from "./apply-job.ts";
import { type ApplyPlan, planApply, roomOf } from "./apply-plan.ts";
import { BaseReader, openForRead, readFully, reusedBuffer } from "./base-reader.ts";
import { damagedDelta, toDeltaError } from "./codec-failure.ts";
import { FileSharer } from "./share-file.ts";
import { startSharing } from "./share-unchanged.ts";
import { TreeWriter, writeFully } from "./tree-writer.ts";

/** Bytes decoded, hashed and written at once. */
const CHUNK_BYTES = 64 * 1024;

type Report = (bytes: number) => void;

/**
 * Fills `job.out` and tells what is in it. `onProgress` hears of bytes written, of the target's
 * bytes. Throws as `applyDelta`; then `job.out` is left half-written for the caller to remove.
 */
export async function runApply(
  codec: Codec,
  job: ApplyJob,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<AppliedTree> {
  let fd: number | undefined;
  let delta: OpenDelta | undefined;
  try {
    const opened = openForRead(job.delta);
    fd = opened;
    delta = codec.openDelta(deltaReader(opened), fstatSync(opened).size, job.baseManifest, job.memoryBytes);
    const plan = planApply(parseManifest(job.baseManifest), delta, job.system);
    checkRoom(dirname(job.out), roomOf(plan, job.share, blockBytes(job.out)));
    return await buildTree(delta, plan, job, onProgress);
  } catch (error) {
    throw toIoError(toDeltaError(error), `apply ${JSON.stringify(job.delta)}`);
  } finally {
    delta?.free();
    if (fd !== undefined) closeSync(fd);
  }
}

async function buildTree(
  delta: OpenDelta,
  plan: ApplyPlan,
  job: ApplyJob,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<AppliedTree> {
  const { out, baseFolder, share } = job;
  const writer = new TreeWriter(out);
  for (const directory of plan.directories) writer.makeDirectory(directory);
  const sharing = startSharing({ out, baseFolder, mayLink: share === "link", unchanged: plan.unchanged });
  let written = 0;
  const report: Report = (bytes) => {
    written += bytes;
    onProgress(written + sharing.doneBytes(), plan.totalBytes);
  };
  try {
    const hashes = writeCarried(delta, plan, job, writer, report);
    repeatCarried(plan, hashes, writer, report);
    for (const link of plan.links) writer.makeLink(link);
    const linked = await sharing.finish(() => report(0));
    writer.finishDirectories(plan.directories);
    const manifest = formatManifest(completeManifest(plan.skeleton, hashes));
    if (sha256Hex(manifest) !== toHex(delta.targetTreeId)) throw wrongResult();
    return { manifest, linked };
  } finally {
    await sharing.stop();
  }
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
      writer.makeFile(entry, (fd) => {
        stream.take(entry.size, (chunk) => {
          hash.update(chunk);
          writeFully(fd, chunk);
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
function repeatCarried(plan: ApplyPlan, hashes: readonly string[], writer: TreeWriter, report: Report): void {
  const sharer = new FileSharer(writer, false);
  for (const { target, number } of plan.repeated) {
    const first = plan.skeleton.carried[number];
    const sha256 = hashes[number];
    if (first === undefined || sha256 === undefined)
      throw damagedDelta("it repeats a file it does not carry");
    sharer.share({ path: writer.pathOf(first), entry: { ...first, sha256 } }, target);
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

/** The delta's checksum was right: when it does not decode now, the base is not the one that it was made for. */
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
  const room = reusedBuffer();
  return (offset, bytes) => {
    const chunk = room(bytes);
    if (readFully(fd, chunk, offset) < bytes) throw damagedDelta("it became shorter while it was read");
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
