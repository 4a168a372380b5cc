/**
 * Making a delta: plan, code the groups side by side, close the file. The coding itself is done by
 * an encoder's workers.
 */
import { fromHex } from "../base/bytes.ts";
import { forEachConcurrently } from "../base/concurrently.ts";
import { updateCrc32 } from "../base/crc32.ts";
import { InfieldError } from "../base/errors.ts";
import type { FileEntry } from "../tree/entry.ts";
import { filesOf, formatManifest, treeId } from "../tree/manifest.ts";
import { type ByteSource, bytesSource, readInto, type SourceTree } from "../tree/source.ts";
import type { DeltaEncoder, EncodedGroup, GroupSide, HeaderPlan } from "./encoder.ts";
import { type GroupPlan, planGroups, type Span } from "./groups.ts";
import { DEFAULT_LEVEL, type Level } from "./levels.ts";
import { countWritten, formatSkeleton, planSkeleton } from "./skeleton.ts";

export interface Delta {
  /** The delta file, in order and in steps, each time anew: it is never held whole. */
  read(): AsyncGenerator<Uint8Array>;
  readonly bytes: number;
  /** Memory its decoder needs, in bytes, as its header states it. */
  readonly decoderBytes: number;
  /** Bytes of the target's files that are not in the base. */
  readonly writtenBytes: number;
  /**
   * Those files, and all directories and links: what is made anew where unchanged files are shared.
   */
  readonly writtenEntries: number;
  /** Tree ids, as 64 hex digits. */
  readonly base: string;
  readonly target: string;
}
export interface CreateDeltaOptions {
  readonly level?: Level;
  /** Bytes done of bytes to do: old and new bytes that are looked at. */
  onProgress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
}

/**
 * Spans read at a time of one side of a group: thousands of small files wait for the disk, or for a
 * page's worker.
 */
const READ_LANES = 8;
/** Bytes of a coded group that are in memory at a time when the delta is read. */
const STEP_BYTES = 4 << 20;
/** Bytes of the CRC-32 (IEEE) that ends a delta file. */
const CRC_BYTES = 4;

/** Makes the delta that turns `base` into `target`. Throws `unreadable-file`, AbortError. */
export async function createDelta(
  base: SourceTree,
  target: SourceTree,
  encoder: DeltaEncoder,
  { level = DEFAULT_LEVEL, onProgress, signal }: CreateDeltaOptions = {},
): Promise<Delta> {
  const skeleton = planSkeleton(base.manifest, target.manifest);
  // Planning may read much of both trees: a person sees at once what has begun.
  onProgress?.(
    0,
    skeleton.carried.reduce((total, { size }) => total + size, 0),
  );
  const plans = await planGroups(base, target, skeleton.carried, { signal });
  const progress = sumProgress(plans, onProgress);
  const groups = await mapParallel(plans, encoder.parallel, async (plan, index) => {
    signal?.throwIfAborted();
    const [old, next] = await Promise.all([
      readSide(base, filesOf(base.manifest), plan.base),
      readSide(target, skeleton.carried, plan.target),
    ]);
    const report = (fraction: number) => progress(index, fraction);
    // A whole install is all new bytes: modelled bit by bit they would take a laptop minutes for
    // little.
    const affordable = base.manifest.entries.length === 0 ? "fast" : level;
    const group = await encoder.encodeGroup(old, next, affordable, report, signal);
    progress(index, 1);
    return group;
  });
  const [baseId, targetId] = [treeId(base.manifest), treeId(target.manifest)];
  const header = await encoder.encodeHeader(
    {
      baseTreeId: idBytes(baseId),
      targetTreeId: idBytes(targetId),
      baseManifest: formatManifest(base.manifest),
      skeleton: formatSkeleton(skeleton),
      groups: plans.map((plan, i) => describeGroup(plan, groups[i])),
    },
    signal,
  );
  const parts = [bytesSource(header.bytes), ...groups.map((group) => group.record)];
  return {
    read: () => readDelta(parts),
    bytes: parts.reduce((total, part) => total + part.size, CRC_BYTES),
    decoderBytes: header.memoryBytes,
    ...countWritten(base.manifest, skeleton),
    base: baseId,
    target: targetId,
  };
}

/** All parts, and their CRC behind them. */
async function* readDelta(parts: readonly ByteSource[]): AsyncGenerator<Uint8Array> {
  let crc = 0;
  for (const part of parts) {
    for (let at = 0; at < part.size; at += STEP_BYTES) {
      const step = await part.read(at, Math.min(STEP_BYTES, part.size - at));
      crc = updateCrc32(crc, step);
      yield step;
    }
  }
  const end = new Uint8Array(CRC_BYTES);
  new DataView(end.buffer).setUint32(0, crc, true);
  yield end;
}

function describeGroup(
  plan: GroupPlan,
  group: EncodedGroup | undefined,
): HeaderPlan["groups"][number] {
  return {
    storedBytes: group?.record.size ?? 0,
    targetBytes: spanBytes(plan.target),
    memoryBytes: group?.memoryBytes ?? 0,
    formatVersion: group?.formatVersion ?? 0,
    base: [...plan.base],
  };
}

/** The spans' bytes, one after another, in an array of their own. */
async function readSide(
  tree: SourceTree,
  files: readonly FileEntry[],
  spans: readonly Span[],
): Promise<GroupSide> {
  const all = new Uint8Array(spanBytes(spans));
  let end = 0;
  const places = spans.map((span) => {
    const start = end;
    end += span.bytes;
    return { span, start };
  });
  await forEachConcurrently(places, READ_LANES, async ({ span, start }) => {
    const path = files[span.file]?.path ?? "";
    const source = tree.open(path);
    if (span.offset + span.bytes > source.size) throw changed(path);
    await readInto(source, span.offset, all.subarray(start, start + span.bytes));
  });
  return { bytes: all, parts: spans.map((span) => span.bytes) };
}

function changed(path: string): InfieldError {
  return new InfieldError(
    "unreadable-file",
    `${path} changed while it was read`,
    "let nothing write to the tree and start again",
  );
}

/** Adds up the groups' fractions, weighed by the bytes they look at. */
function sumProgress(
  plans: readonly GroupPlan[],
  onProgress?: (done: number, total: number) => void,
) {
  const weights = plans.map((plan) => spanBytes(plan.base) + spanBytes(plan.target));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const done = plans.map(() => 0);
  onProgress?.(0, total);
  return (group: number, fraction: number) => {
    done[group] = fraction * (weights[group] ?? 0);
    onProgress?.(Math.round(done.reduce((sum, bytes) => sum + bytes, 0)), total);
  };
}

/**
 * Runs `work` on every item, at most `parallel` at a time; results in order. The first failure ends
 * it.
 */
async function mapParallel<T, R>(
  items: readonly T[],
  parallel: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  async function drain(): Promise<void> {
    for (const [index, item] of queue) results[index] = await work(item, index);
  }
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, drain));
  return results;
}

function spanBytes(spans: readonly Span[]): number {
  return spans.reduce((total, span) => total + span.bytes, 0);
}

function idBytes(id: string): Uint8Array {
  return fromHex(id, 32) ?? new Uint8Array(32);
}
