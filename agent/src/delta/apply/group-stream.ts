/** The bytes of a delta's groups, one after another; one group is open at a time. */
import { InfieldError } from "@infield/shared/base";
import { type GroupReader, isCodecError, type OpenDelta, type ReadAt } from "@infield/wasm/codec";
import { damagedDelta } from "../codec-failure.ts";
import { type BaseReader, readFully, reusedBuffer } from "./base-reader.ts";

/** Bytes decoded, hashed and written at once. */
const CHUNK_BYTES = 64 * 1024;

export class GroupStream {
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

  /** Goes on with the first byte of a group. */
  seek(group: number): void {
    this.close();
    this.#next = group;
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
export function deltaReader(fd: number): ReadAt {
  const buffer = reusedBuffer();
  return (offset, bytes) => {
    const chunk = buffer(bytes);
    if (readFully(fd, chunk, offset) < bytes)
      throw damagedDelta("it became shorter while it was read");
    return chunk;
  };
}

export function wrongResult(cause?: unknown): InfieldError {
  return new InfieldError(
    "wrong-result",
    "the rebuilt tree is not the one the delta promises",
    "check that the base was not changed (`infield verify`), and get the delta again",
    cause,
  );
}
