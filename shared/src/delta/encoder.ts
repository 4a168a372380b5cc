/**
 * What makes deltas needs from a machine: the codec in as many workers as there are cores, and room
 * for what they made.
 */
import type { ByteSource } from "../tree/source.ts";
import type { Span } from "./groups.ts";
import type { Level } from "./levels.ts";

/**
 * Bytes of memory that one worker needs at most: for the largest group (PLANNED_GROUP_BYTES in
 * limits.ts) at the hardest level.
 */
const WORKER_BYTES = 1024 ** 3;

/** How many workers a machine is good for. */
export function countWorkers(cores: number, memoryBytes: number): number {
  return Math.max(1, Math.min(cores, Math.floor(memoryBytes / WORKER_BYTES)));
}

/** One side of a group: stretches of files, one behind the other. */
export interface GroupSide {
  readonly bytes: Uint8Array;
  /** Their lengths, in order. */
  readonly parts: readonly number[];
}
/** One coded group: its diff record, and the memory a decoder needs for it. */
export interface EncodedGroup {
  /**
   * Lies in a file or a Blob until the whole delta is written: a delta may be larger than memory.
   */
  readonly record: ByteSource;
  readonly memoryBytes: number;
  /** The lowest format version whose decoders read it. */
  readonly formatVersion: number;
}
/** Everything before the first group, and the memory that it says a decoder needs. */
export interface EncodedHeader {
  readonly bytes: Uint8Array;
  readonly memoryBytes: number;
}
/** What the codec needs to know to write everything before the first group. */
export interface HeaderPlan {
  readonly baseTreeId: Uint8Array;
  readonly targetTreeId: Uint8Array;
  readonly baseManifest: Uint8Array;
  readonly skeleton: Uint8Array;
  readonly groups: {
    storedBytes: number;
    targetBytes: number;
    memoryBytes: number;
    formatVersion: number;
    base: Span[];
  }[];
}
/** Web workers in a page, worker threads in Node. */
export interface DeltaEncoder {
  /** How many groups are coded at the same time. */
  readonly parallel: number;
  /** The bytes of both sides are taken over: they are gone for the caller. */
  encodeGroup(
    base: GroupSide,
    target: GroupSide,
    level: Level,
    onProgress: (fraction: number) => void,
    signal?: AbortSignal,
  ): Promise<EncodedGroup>;
  encodeHeader(header: HeaderPlan, signal?: AbortSignal): Promise<EncodedHeader>;
}
