/**
 * A tree that can be read: what folders, archives and installed versions look like to everything
 * that makes deltas. Bytes are only ever read by range, so that no file has to fit in memory.
 */
import { InfieldError } from "../base/errors.ts";
import type { Manifest } from "./manifest.ts";

/**
 * Random access to bytes that do not change while they are read: a file, a part of an archive, a
 * browser's `Blob`.
 */
export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. Throws `unreadable-file` when they cannot be had. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Fills `into` with the bytes from `offset`, where a source can do that without an array of its
   * own: of a large tree such arrays are gigabytes, which nothing hurries to collect.
   */
  readInto?(offset: number, into: Uint8Array): Promise<void>;
}

/** Fills `into` with the bytes from `offset`. Throws `unreadable-file`. */
export async function readInto(
  source: ByteSource,
  offset: number,
  into: Uint8Array,
): Promise<void> {
  if (source.readInto !== undefined) return source.readInto(offset, into);
  const bytes = await source.read(offset, into.length);
  checkRange(bytes.length, 0, into.length);
  into.set(bytes);
}

/** A tree and its files' bytes. */
export interface SourceTree {
  readonly manifest: Manifest;
  /** The bytes of a file entry of the manifest, by its path. */
  open(path: string): ByteSource;
  /** Lets go of what was opened or unpacked for it. */
  close(): Promise<void>;
}

/** A part of a source as a source of its own; reads never reach the bytes around it. */
export function sliceSource(source: ByteSource, offset: number, size: number): ByteSource {
  return {
    size,
    async read(at, length) {
      checkRange(size, at, length);
      return source.read(offset + at, length);
    },
  };
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    async read(at, length) {
      checkRange(bytes.length, at, length);
      return bytes.subarray(at, at + length);
    },
  };
}

/**
 * A browser's (or Node's) `Blob` as a source. A file that changed since it was chosen throws
 * `unreadable-file`.
 */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    async read(at, length) {
      checkRange(blob.size, at, length);
      const bytes = await readBlob(blob.slice(at, at + length));
      checkRange(bytes.length, 0, length);
      return bytes;
    },
  };
}

async function readBlob(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw new InfieldError(
      "unreadable-file",
      "a file cannot be read, or changed since it was chosen",
      "choose the file or folder again",
      cause,
    );
  }
}

/**
 * Throws `unreadable-file` unless `length` bytes from `offset` lie within `size`: "exactly" is part
 * of the contract.
 */
export function checkRange(size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new InfieldError(
    "unreadable-file",
    `bytes ${offset} to ${offset + length} of a file of ${size} bytes were asked for`,
    "check that nothing changes the input while it is read",
  );
}
