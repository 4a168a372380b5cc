/**
 * What the rest of Infield sees of the codec: types only, the same in the browser and in Node.
 *
 * The codec knows bytes, lengths and spans; `shared/` decides what a manifest means. Files are
 * never held whole: the decoder asks for the bytes it needs by synchronous callbacks and returns
 * its result piece by piece. `docs/delta-format.md` describes the bytes.
 */
export {
  type CodecError,
  type CodecErrorCode,
  codecErrorCodes,
  isCodecError,
} from "./codec-error.ts";

/**
 * Returns exactly `bytes` bytes from `offset`; what it throws passes through the codec untouched.
 */
export type ReadAt = (offset: number, bytes: number) => Uint8Array;

/**
 * Called now and then with a number from 0 to 1 that never falls. What it throws ends the work and
 * passes through.
 */
export type OnProgress = (fraction: number) => void;

/** From quick to make and apply, but larger, to slow and small. */
export const levels = ["fast", "default", "best"] as const;
export type Level = (typeof levels)[number];

/** One side of a group: files, or stretches of files, one after another. */
export interface GroupSide {
  bytes: Uint8Array;
  /**
   * Their lengths, in order. Only an archive or a program that is inside one part is recognized.
   */
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
  /** To be put into the delta file as it is. */
  record: Uint8Array;
  /** What decoding this record takes, counted as in `OpenDelta`; goes into `DeltaHeader.groups`. */
  memoryBytes: number;
  /** The lowest format version whose decoders read this record; goes there too. */
  formatVersion: number;
}

export interface DeltaHeader {
  /** SHA-256 of `baseManifest`, 32 bytes. */
  baseTreeId: Uint8Array;
  /** 32 bytes. */
  targetTreeId: Uint8Array;
  baseManifest: Uint8Array;
  /** The target manifest without the hashes of carried files; here it is just bytes. */
  skeleton: Uint8Array;
  /** In the order in which their records follow the header. */
  groups: {
    storedBytes: number;
    targetBytes: number;
    memoryBytes: number;
    formatVersion: number;
    base: Span[];
  }[];
}

export interface EncodedHeader {
  bytes: Uint8Array;
  /** The decoder memory that it states: the most that any record, or the skeleton's, needs. */
  memoryBytes: number;
}

export interface DeltaGroup {
  /** Bytes that this group makes of the carried target files, concatenated in manifest order. */
  targetBytes: number;
  /** Bytes of its record in the delta file. */
  storedBytes: number;
  /** Its base is these stretches, concatenated. */
  base: Span[];
}

export interface GroupReader {
  /**
   * Fills `into` with the next bytes and returns how many: fewer than it holds only at the end. Use
   * one array for all reads: the garbage of one each is collected only after tens of megabytes.
   */
  read(into: Uint8Array): number;
  /** Frees the decoder's memory. `memoryBytes` assumes that only one group is open at a time. */
  free(): void;
}

export interface OpenDelta {
  /** The first 8 bytes of the base tree id; already checked against the base manifest. */
  baseTreeIdPrefix: Uint8Array;
  targetTreeId: Uint8Array;
  /**
   * What the header states: the most that decoding a record takes, for models, dictionaries,
   * decompressed archives and segments. Besides, an instance has at most 3 MiB of code, stack and
   * buffers, and the group table.
   */
  memoryBytes: number;
  /** Decodes it, which takes as long as so many bytes of text do. */
  readSkeleton(): Uint8Array;
  groups: DeltaGroup[];
  /** `readBase` is given offsets in the concatenated base spans of this group. */
  openGroup(index: number, readBase: ReadAt): GroupReader;
  free(): void;
}

/** One kind of bytes, over the whole file. */
export interface Stream {
  /** As a person reads it; the codec decides which kinds there are. */
  name: string;
  storedBytes: number;
  /** What they stand for. */
  plainBytes: number;
}

/** One kind of work that decoding the whole file takes; the codec decides which kinds there are. */
export interface Work {
  /** What is counted, as a person reads it after the number. */
  name: string;
  /** For steps, the sum of what records state as their work: `docs/delta-format.md`, "Record". */
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
  /** What applying it takes besides copying. */
  work: Work[];
}

export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** 32 bytes; further updates start a new hash. */
  digest(): Uint8Array;
  free(): void;
}

/** What trees are packed in and neither browsers nor Node unpack. */
export const packedFormats = ["xz", "zstd", "bzip2"] as const;
export type PackedFormat = (typeof packedFormats)[number];

/** What one step of an `Unpacker` did: bytes, or why it cannot go on. */
export type UnpackStep = { read: number; written: number } | "damaged" | "memory";

/** Unpacks one stream, or several of the same format one after another. */
export interface Unpacker {
  /**
   * Goes on with `input`, which begins where the last step ended, into `output`. `isLast` when
   * nothing comes after it. A step that neither reads nor writes wants more input; where there is
   * none, all is unpacked. "memory": its window or dictionary is over 256 MiB.
   */
  step(input: Uint8Array, output: Uint8Array, isLast: boolean): UnpackStep;
  free(): void;
}

/** Its errors are `CodecError`s (`codec-error.ts`); those of callbacks pass through untouched. */
export interface Codec {
  /** One record: `target` coded against `base`, each at most 256 MiB (`src/limits.rs`). */
  encodeGroup(
    base: GroupSide,
    target: GroupSide,
    level: Level,
    onProgress?: OnProgress,
  ): EncodedGroup;
  /** Everything of a delta file before the first group's record. */
  encodeHeader(header: DeltaHeader): EncodedHeader;
  /**
   * Checks a delta file's CRC, header and base. Refuses a file that states more decoder memory
   * than `memoryLimitBytes`.
   */
  openDelta(
    readDelta: ReadAt,
    deltaBytes: number,
    baseManifest: Uint8Array,
    memoryLimitBytes: number,
  ): OpenDelta;
  /** Like `openDelta`, but needs no base and decodes nothing. */
  readHeader(readDelta: ReadAt, deltaBytes: number): DeltaInfo;
  /** A patch that `bspatch` 4.3 accepts. */
  encodeBsdiff40(base: Uint8Array, target: Uint8Array, onProgress?: OnProgress): Uint8Array;
  /** Applies a patch of `bsdiff` 4.3; refuses one that would make more than `maxTargetBytes`. */
  decodeBsdiff40(base: Uint8Array, patch: Uint8Array, maxTargetBytes: number): Uint8Array;
  createSha256(): Sha256;
  openUnpacker(format: PackedFormat): Unpacker;
  /** The most memory that this instance has ever needed, as WebAssembly never returns any. */
  memoryBytes(): number;
}
