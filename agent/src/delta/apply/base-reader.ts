/**
 * Random access to the old bytes of a group: its spans, concatenated. Few files stay open, as a
 * group may name thousands.
 */
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Span } from "@infield/shared/delta";
import type { FileEntry } from "@infield/shared/tree";
import { errorCode } from "../../host/file-source.ts";
import { damagedBase, damagedDelta } from "../codec-failure.ts";

/**
 * Descriptors kept open: enough for the files a match jumps between, far below every system's
 * limit.
 */
const OPEN_FILES = 64;

/**
 * Opens a file that must be there, never following a link at its end; O_NONBLOCK, as a FIFO in its
 * place would hang.
 */
export function openForRead(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/**
 * Opens a file of the base; throws `wrong-base` where its manifest has a file and the disk has
 * none, or a link.
 */
export function openBaseFile(path: string, name: string): number {
  try {
    return openForRead(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(errorCode(error) ?? "")) throw damagedBase(name);
    throw error;
  }
}

/** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
export function readFully(fd: number, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const bytes = readSync(fd, into, done, into.length - done, position + done);
    if (bytes === 0) break;
    done += bytes;
  }
  return done;
}

/** Gives arrays of the asked length over one growing buffer. */
export function reusedBuffer(): (bytes: number) => Uint8Array {
  let buffer = new Uint8Array();
  return (bytes) => {
    if (buffer.length < bytes) buffer = new Uint8Array(bytes);
    return buffer.subarray(0, bytes);
  };
}

export class BaseReader {
  readonly #folder: string;
  readonly #files: readonly FileEntry[];
  /** By file index; the first is the longest unused. */
  readonly #open = new Map<number, number>();

  constructor(folder: string, files: readonly FileEntry[]) {
    this.#folder = folder;
    this.#files = files;
  }

  /**
   * A group's base as one stretch of bytes. What it gives is overwritten by the next read: the
   * codec copies it at once, and a new array each time would be garbage by the megabyte. Throws
   * `delta-damaged` for spans outside the base's files.
   */
  readSpans(spans: readonly Span[]): (offset: number, bytes: number) => Uint8Array {
    const starts = this.#placeSpans(spans);
    const buffer = reusedBuffer();
    return (offset, bytes) => {
      const result = buffer(bytes);
      let done = 0;
      for (let at = lastNotAbove(starts, offset); done < bytes; at++) {
        const span = spans[at];
        if (span === undefined) throw damagedDelta("it reads past the end of its base");
        const skip = offset + done - (starts[at] ?? 0);
        const length = Math.min(bytes - done, span.bytes - skip);
        this.#read(span.file, span.offset + skip, result.subarray(done, done + length));
        done += length;
      }
      return result;
    };
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  /** Where each span begins in the concatenation. */
  #placeSpans(spans: readonly Span[]): number[] {
    let total = 0;
    return spans.map((span) => {
      const size = this.#files[span.file]?.size;
      if (size === undefined || span.offset + span.bytes > size)
        throw damagedDelta("it names bytes its base does not have");
      const start = total;
      total += span.bytes;
      return start;
    });
  }

  #read(file: number, position: number, into: Uint8Array): void {
    if (readFully(this.#descriptor(file), into, position) < into.length) {
      throw damagedBase(this.#files[file]?.path ?? "");
    }
  }

  #descriptor(file: number): number {
    const known = this.#open.get(file);
    if (known !== undefined) this.#open.delete(file);
    else if (this.#open.size >= OPEN_FILES) this.#closeOldest();
    const name = this.#files[file]?.path ?? "";
    const fd = known ?? openBaseFile(join(this.#folder, name), name);
    this.#open.set(file, fd);
    return fd;
  }

  #closeOldest(): void {
    for (const [file, fd] of this.#open) {
      this.#open.delete(file);
      closeSync(fd);
      return;
    }
  }
}

/** Index of the last start that is ≤ offset (binary search). */
function lastNotAbove(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low;
}
