/**
 * What the rest of Infield sees of the codec: types only, the same in the browser and in Node.
 *
 * The codec knows bytes, lengths and spans; what a manifest means is decided in `shared/`. Files are never held whole:
 * the decoder asks for the bytes it needs by synchronous callbacks and hands out its result piece by piece.
 * `docs/delta-format.md` describes the bytes.
 */
export {
  type CodecError,
  type CodecErrorCode,
  codecErrorCodes,
  isCodecError,
} from "./codec-error.ts";

/** Gives exactly `bytes` bytes from `offset`; what it throws passes through the codec untouched. */
export type ReadAt = (offset: number, bytes: number) => Uint8Array;

/** Called now and then with a number from 0 to 1 that never falls; what it throws ends the work and passes through. */
export type OnProgress = (fraction: number) => void;

/** From quick to make and to apply, and larger, to slow and small. */
export const levels = ["fast", "default", "best"] as const;
export type Level = (typeof levels)[number];

/** One side of a group: files, or stretches of them, one behind the other. */
export interface GroupSide {
  bytes: Uint8Array;
  /** Their lengths, in order. An archive or a program is looked into only where it is a part, or lies within one. */
  parts: readonly number[];
}

/** A stretch of one file of the base tree. */
export interface Span {
  /** Index among the base manifest's `f` entries, in manifest order. */
  file: number;
  offset: number;
  bytes: number;
}

export interface EncodedGroup {
  /** The diff record, to be put into the delta file as it is. */
  record: Uint8Array;
  /** What a decoder takes for this record, counted as in `OpenDelta`; goes into `DeltaHead.groups`. */
  memoryBytes: number;
}

export interface DeltaHead {
  /** SHA-256 of `baseManifest`, 32 bytes. */
  baseTreeId: Uint8Array;
  /** 32 bytes. */
  targetTreeId: Uint8Array;
  baseManifest: Uint8Array;
  /** The target manifest in which the hash of carried files is left out; here it is just bytes. */
  skeleton: Uint8Array;
  /** In the order in which their records follow the head. */
  groups: { storedBytes: number; targetBytes: number; memoryBytes: number; base: Span[] }[];
}

export interface EncodedHead {
  bytes: Uint8Array;
  /** The decoder memory that it states: what the largest of the groups' records and the skeleton's needs. */
  memoryBytes: number;
}

export interface DeltaGroup {
  /** Bytes of the carried target files (all of them concatenated in manifest order) that this group gives. */
  targetBytes: number;
  /** Bytes of its record in the delta file. */
  storedBytes: number;
  /** Its base is these stretches, concatenated. */
  base: Span[];
}

export interface GroupReader {
  /**
   * Fills `into` with the next bytes and returns how many: fewer than it holds only at the end. Let one array serve all
   * reads: arrays made for each are garbage that is collected only after tens of megabytes.
   */
  read(into: Uint8Array): number;
  /** Gives the decoder's memory back. Only one group should be open at a time: that is what `memoryBytes` speaks of. */
  free(): void;
}

export interface OpenDelta {
  /** The first 8 bytes of the base tree id; already checked against the base manifest. */
  baseTreeIdPrefix: Uint8Array;
  targetTreeId: Uint8Array;
  /**
   * What the head states: all that decoding one record takes at most, models, dictionaries, unpacked archives, segments. Beside
   * it an instance has at most 3 MiB of code, stack and buffers, and the group table.
   */
  memoryBytes: number;
  skeleton: Uint8Array;
  groups: DeltaGroup[];
  /** `readBase` speaks of offsets in the concatenated base spans of this group. */
  openGroup(index: number, readBase: ReadAt): GroupReader;
  free(): void;
}

/** One kind of bytes, over the whole file. */
export interface Stream {
  /** As a person reads it; the codec alone decides which kinds there are. */
  name: string;
  storedBytes: number;
  /** What they stand for. */
  plainBytes: number;
}

/** How much of one kind of work a decoder of the whole file has; which kinds there are, the codec decides. */
export interface Work {
  /** What is counted, as a person reads it behind the number. */
  name: string;
  /** Of steps, the sum of what records state as their work: `docs/delta-format.md`, "Record". */
  count: number;
}

/** What can be known of a delta file without its base. */
export interface DeltaInfo {
  formatVersion: number;
  baseTreeIdPrefix: Uint8Array;
  targetTreeId: Uint8Array;
  baseManifestBytes: number;
  /** As in `OpenDelta`. */
  memoryBytes: number;
  groups: DeltaGroup[];
  /** Every byte of the file is in one of these. */
  streams: Stream[];
  /** What applying it takes beside copying. */
  work: Work[];
}

export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** 32 bytes; further updates start a new hash. */
  digest(): Uint8Array;
  free(): void;
}

/** Its own errors are `CodecError`s (`codec-error.ts`); errors of callbacks pass through untouched. */
export interface Codec {
  /** One diff record: `target` coded against `base`, each at most 256 MiB. */
  encodeGroup(
    base: GroupSide,
    target: GroupSide,
    level: Level,
    onProgress?: OnProgress,
  ): EncodedGroup;
  /** Everything of a delta file before the first group's record. */
  encodeHead(head: DeltaHead): EncodedHead;
  /**
   * Checks a delta file's CRC, head and base, and decodes the skeleton. Refuses a file whose stated decoder memory is
   * larger than `memoryLimitBytes`.
   */
  openDelta(
    readDelta: ReadAt,
    deltaBytes: number,
    baseManifest: Uint8Array,
    memoryLimitBytes: number,
  ): OpenDelta;
  /** Like `openDelta`, without base and without decoding a group. */
  readHead(readDelta: ReadAt, deltaBytes: number): DeltaInfo;
  /** A patch that `bspatch` 4.3 accepts. */
  encodeBsdiff40(base: Uint8Array, target: Uint8Array, onProgress?: OnProgress): Uint8Array;
  /** Applies a patch as `bsdiff` 4.3 writes it; refuses one that would give more than `maxTargetBytes`. */
  decodeBsdiff40(base: Uint8Array, patch: Uint8Array, maxTargetBytes: number): Uint8Array;
  createSha256(): Sha256;
  /** All memory of this instance: what it has ever needed at once, as WebAssembly gives none back. */
  memoryBytes(): number;
}
