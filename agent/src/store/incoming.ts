/** Blobs on their way in: incoming/<root>.part is its own journal, as its pieces are hashed again on resume. */
import type { BlobRecord, ByteSource } from "@infield/shared";
import type { Root } from "./root.ts";

/** A blob that is not complete yet. Pieces may come in any order, from several neighbours. */
export interface PartFile {
  /**
   * Checks the list against the blob's name, hashes what an earlier try stored (once), and tells which pieces are
   * missing. Throws `blob-damaged` for a wrong list.
   */
  missing(pieceList: Uint8Array): Promise<number[]>;
  /** Stores a piece whose hash is right. Throws `blob-damaged`, `no-space`, `io-failed`. */
  store(index: number, bytes: Uint8Array): Promise<void>;
  /** Bytes of the pieces that are stored, for progress. */
  doneBytes(): number;
}

/**
 * Receives a blob into the root's repository: room is checked, `fetch` fills the part file, then it is made durable and
 * moved to its place. What was stored stays for the next try when `fetch` fails. Resolves at once when it is there.
 * Throws `no-space`, `blob-damaged` (pieces still missing after `fetch`), `io-failed`, and what `fetch` throws.
 */
export declare function receiveBlob(
  root: Root,
  blob: BlobRecord,
  fetch: (part: PartFile) => Promise<void>,
): Promise<void>;

/** Receives a blob from a repository at hand; a piece that is not what the root says throws `blob-damaged`. */
export declare function copyBlob(
  root: Root,
  blob: BlobRecord,
  source: ByteSource,
  onProgress: (doneBytes: number) => void,
  signal?: AbortSignal,
): Promise<void>;
