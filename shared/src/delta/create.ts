/** Making a delta: plan, code the groups side by side, close the file. The coding itself is done by an encoder's workers. */
import { fromHex } from "../bytes.ts";
import { InfieldError } from "../errors.ts";
import { forEachConcurrently } from "../tree/concurrently.ts";
import { type FileEntry, filesOf, formatManifest, treeId } from "../tree/manifest.ts";
import type { SourceTree } from "../tree/source.ts";
import { type GroupPlan, planGroups, type Span } from "./groups.ts";
import { formatSkeleton, planSkeleton } from "./skeleton.ts";

/** One coded group: its diff record, and the memory a decoder needs for it. */
export interface EncodedGroup {
  readonly record: Uint8Array;
  readonly memoryBytes: number;
}
/** Everything before the first group, and the memory that it says a decoder needs. */
export interface EncodedHead {
  readonly bytes: Uint8Array;
  readonly memoryBytes: number;
}
/** What the codec needs to know to write everything before the first group. */
export interface HeadPlan {
  readonly baseTreeId: Uint8Array;
  readonly targetTreeId: Uint8Array;
  readonly baseManifest: Uint8Array;
  readonly skeleton: Uint8Array;
  readonly groups: { storedBytes: number; targetBytes: number; memoryBytes: number; base: Span[] }[];
}
/** The codec in as many workers as there are cores: web workers in a page, worker threads in Node. */
export interface DeltaEncoder {
  /** How many groups are coded at the same time. */
  readonly parallel: number;
  encodeGroup(
    base: Uint8Array,
    target: Uint8Array,
    onProgress: (fraction: number) => void,
    signal?: AbortSignal,
  ): Promise<EncodedGroup>;
  encodeHead(head: HeadPlan, signal?: AbortSignal): Promise<EncodedHead>;
  /** CRC-32 over the chunks, one after another. */
  crc32(chunks: readonly Uint8Array[]): Promise<number>;
}

export interface Delta {
  /** The delta file, in order. */
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  /** Memory its decoder needs, in bytes, as its head states it. */
  readonly decoderBytes: number;
  /** Tree ids, as 64 hex digits. */
  readonly base: string;
  readonly target: string;
}
export interface CreateDeltaOptions {
  /** Bytes done of bytes to do: old and new bytes that are looked at. */
  onProgress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
}

/** Spans read at a time of one side of a group: thousands of small files wait for the disk, or for a page's worker. */
const READ_LANES = 8;

/** Makes the delta that turns `base` into `target`. Throws `unreadable-file`, AbortError. */
export async function createDelta(
  base: SourceTree,
  target: SourceTree,
  encoder: DeltaEncoder,
  { onProgress, signal }: CreateDeltaOptions = {},
): Promise<Delta> {
  const skeleton = planSkeleton(base.manifest, target.manifest);
  const plans = planGroups(base.manifest, target.manifest, skeleton.carried);
  const progress = sumProgress(plans, onProgress);
  const groups = await mapParallel(plans, encoder.parallel, async (plan, index) => {
    signal?.throwIfAborted();
    const [old, next] = await Promise.all([
      readSpans(base, filesOf(base.manifest), plan.base),
      readSpans(target, skeleton.carried, plan.target),
    ]);
    const group = await encoder.encodeGroup(old, next, (fraction) => progress(index, fraction), signal);
    progress(index, 1);
    return group;
  });
  const [baseId, targetId] = [treeId(base.manifest), treeId(target.manifest)];
  const head = await encoder.encodeHead(
    {
      baseTreeId: idBytes(baseId),
      targetTreeId: idBytes(targetId),
      baseManifest: formatManifest(base.manifest),
      skeleton: formatSkeleton(skeleton),
      groups: plans.map((plan, i) => describeGroup(plan, groups[i])),
    },
    signal,
  );
  const parts = [head.bytes, ...groups.map((group) => group.record)];
  const crc = new Uint8Array(4);
  new DataView(crc.buffer).setUint32(0, await encoder.crc32(parts), true);
  const chunks = [...parts, crc];
  return {
    chunks,
    bytes: chunks.reduce((total, chunk) => total + chunk.length, 0),
    decoderBytes: head.memoryBytes,
    base: baseId,
    target: targetId,
  };
}

function describeGroup(plan: GroupPlan, group: EncodedGroup | undefined): HeadPlan["groups"][number] {
  return {
    storedBytes: group?.record.length ?? 0,
    targetBytes: spanBytes(plan.target),
    memoryBytes: group?.memoryBytes ?? 0,
    base: [...plan.base],
  };
}

/** The spans' bytes, one after another, in an array of their own. */
async function readSpans(
  tree: SourceTree,
  files: readonly FileEntry[],
  spans: readonly Span[],
): Promise<Uint8Array> {
  const all = new Uint8Array(spanBytes(spans));
  let end = 0;
  const places = spans.map((span) => {
    const start = end;
    end += span.bytes;
    return { span, start };
  });
  await forEachConcurrently(places, READ_LANES, async ({ span, start }) => {
    const path = files[span.file]?.path ?? "";
    const part = await tree.open(path).read(span.offset, span.bytes);
    if (part.length !== span.bytes) {
      throw new InfieldError(
        "unreadable-file",
        `${path} changed while it was read`,
        "let nothing write to the tree and start again",
      );
    }
    all.set(part, start);
  });
  return all;
}

/** Adds up the groups' fractions, weighed by the bytes they look at. */
function sumProgress(plans: readonly GroupPlan[], onProgress?: (done: number, total: number) => void) {
  const weights = plans.map((plan) => spanBytes(plan.base) + spanBytes(plan.target));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const done = plans.map(() => 0);
  onProgress?.(0, total);
  return (group: number, fraction: number) => {
    done[group] = fraction * (weights[group] ?? 0);
    onProgress?.(Math.round(done.reduce((sum, bytes) => sum + bytes, 0)), total);
  };
}

/** Runs `work` on every item, at most `parallel` at a time; results in order. The first failure ends it. */
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
