/**
 * Blobs on their way in. incoming/<root>.part is its own journal: every piece lies at its offset,
 * and on resume what is there is hashed again, so nothing about the part file has to be remembered
 * or believed.
 */
import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type BlobRecord,
  blobPath,
  blobRoot,
  checkPieceList,
  damaged,
  hashPieces,
  isPiece,
  pieceCount,
  pieceRange,
  type RepositoryFile,
} from "@infield/shared/records";
import { debug } from "../../host/debug.ts";
import { checkFreeSpace } from "../../host/disk-space.ts";
import { syncPath } from "../../host/durable.ts";
import { toIoError } from "../../host/io-error.ts";
import { layoutOf } from "../root/layout.ts";
import { makeFolder } from "../root/repository.ts";
import type { Store, WritableRoot } from "../root/root.ts";

const log = debug("store");

/** A blob that is not complete yet. Pieces may come in any order, from several neighbours. */
export interface PartFile {
  /**
   * Checks the list against the blob's name, hashes what an earlier try stored (once), and tells
   * which pieces are missing. Throws `blob-damaged` for a wrong list.
   */
  missing(pieceList: Uint8Array): Promise<number[]>;
  /**
   * Stores a piece whose hash is right; `missing` was called before. Throws `blob-damaged`,
   * `no-space`, `io-failed`.
   */
  store(index: number, bytes: Uint8Array): Promise<void>;
  /** Bytes of the pieces that are stored, for progress. */
  doneBytes(): number;
  /** The pieces that are stored. */
  held(): number[];
}

/**
 * Receives a blob into the root's repository: disk space is checked, `fetch` fills the part file,
 * then it is made durable and moved to its place. What was stored stays for the next try when
 * `fetch` fails. Resolves at once when it is there. Throws `no-space`, `blob-damaged` (pieces still
 * missing after `fetch`), `io-failed`, and what `fetch` throws.
 */
export async function receiveBlob(
  root: WritableRoot,
  blob: BlobRecord,
  fetch: (part: PartFile) => Promise<void>,
): Promise<void> {
  if (await root.repository.hasBlob(blob.root, blob.bytes)) return;
  const path = partPath(root, blob.root);
  try {
    await makeFolder(dirname(path));
    const handle = await open(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
      0o644,
    );
    try {
      await fillPart(root, handle, blob, fetch);
      // Only then is it no longer read here: whoever fetches it from this laptop finds it all the
      // time.
      await keepBlob(path, root.repository.blobFile(blob.root));
      log("blob %s is complete", blob.root);
    } finally {
      root.incoming.delete(blob.root);
      await handle.close();
    }
  } catch (error) {
    throw toIoError(error, `write ${JSON.stringify(path)}`);
  }
}

/**
 * Receives a blob from a repository; a piece that is not what the root says throws `blob-damaged`.
 */
export async function copyBlob(
  root: WritableRoot,
  blob: BlobRecord,
  source: RepositoryFile,
  onProgress: (doneBytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  await receiveBlob(root, blob, async (part) => {
    if (source.size !== blob.bytes)
      throw damaged(`blob ${blob.root.slice(0, 12)}… has a wrong size`);
    for (const index of await part.missing(await (source.pieceList?.() ?? hashPieces(source)))) {
      signal?.throwIfAborted();
      const { offset, bytes } = pieceRange(blob.bytes, index);
      await part.store(index, await source.read(offset, bytes));
      onProgress(part.doneBytes());
    }
  });
}

/**
 * True when the repository has the blob and it hashes right: a disk may have lost some of it since
 * it came. A damaged one becomes a part file again, so that only its wrong pieces are fetched.
 */
export async function checkBlob(root: WritableRoot, blob: BlobRecord): Promise<boolean> {
  const source = await root.repository.open(blobPath(blob.root));
  if (source === undefined) return false;
  if (source.size === blob.bytes && blobRoot(await hashPieces(source)) === blob.root) return true;
  log("blob %s is damaged: its wrong pieces are fetched again", blob.root);
  await makeFolder(layoutOf(root.path).incoming);
  await rename(root.repository.blobFile(blob.root), partPath(root, blob.root));
  return false;
}

function partPath(root: Store, blobRoot: string): string {
  return join(layoutOf(root.path).incoming, `${blobRoot}.part`);
}

async function fillPart(
  root: WritableRoot,
  handle: FileHandle,
  blob: BlobRecord,
  fetch: (part: PartFile) => Promise<void>,
): Promise<void> {
  const path = partPath(root, blob.root);
  await reserveSpace(handle, path, blob);
  const held = new Set<number>();
  await fetch(partFile(root, handle, blob, held));
  if (held.size !== pieceCount(blob.bytes))
    throw damaged(`blob ${blob.root.slice(0, 12)}… is not complete`);
  await syncPart(handle, path);
}

async function syncPart(handle: FileHandle, path: string): Promise<void> {
  try {
    // Prevents: a blob that gets its name while its bytes are still only in memory, and is served
    // as whole after a crash.
    await handle.sync();
  } catch (error) {
    // What the disk has of it is unknown, and what memory has would hash as right: nothing of it
    // may be used again.
    await rm(path, { force: true });
    throw error;
  }
}

/** What an earlier try stored already has its blocks. */
async function reserveSpace(handle: FileHandle, path: string, blob: BlobRecord): Promise<void> {
  const { blocks } = await handle.stat();
  checkFreeSpace(dirname(path), { bytes: blob.bytes - blocks * 512, entries: 0 });
  await handle.truncate(blob.bytes);
}

function partFile(
  root: WritableRoot,
  handle: FileHandle,
  blob: BlobRecord,
  held: Set<number>,
): PartFile {
  let pieceList: Uint8Array | undefined;
  let doneBytes = 0;
  const hold = (index: number) => {
    if (!held.has(index)) doneBytes += pieceRange(blob.bytes, index).bytes;
    held.add(index);
  };
  return {
    doneBytes: () => doneBytes,
    held: () => [...held],
    async missing(list) {
      checkPieceList(list, blob.root, blob.bytes);
      if (pieceList === undefined) {
        for (const index of await findHeld(handle, list, blob.bytes)) hold(index);
        log("blob %s: %d of %d bytes are here already", blob.root, doneBytes, blob.bytes);
        pieceList = list;
        root.incoming.set(blob.root, {
          ...{ bytes: blob.bytes, pieceList, has: (index) => held.has(index) },
          read: (index) => readPiece(handle, blob.bytes, index),
        });
      }
      return Array.from({ length: pieceCount(blob.bytes) }, (_, index) => index).filter(
        (index) => !held.has(index),
      );
    },
    async store(index, bytes) {
      if (pieceList === undefined || !isPiece(pieceList, index, bytes)) {
        throw damaged(`piece ${index} of blob ${blob.root.slice(0, 12)}… is wrong`);
      }
      await writeAt(handle, bytes, pieceRange(blob.bytes, index).offset);
      hold(index);
    },
  };
}

async function findHeld(
  handle: FileHandle,
  pieceList: Uint8Array,
  blobBytes: number,
): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < pieceCount(blobBytes); index++) {
    if (isPiece(pieceList, index, await readPiece(handle, blobBytes, index))) found.push(index);
  }
  return found;
}

/** The bytes at a piece's place; fewer where the file ends. */
async function readPiece(
  handle: FileHandle,
  blobBytes: number,
  index: number,
): Promise<Uint8Array> {
  const { offset, bytes } = pieceRange(blobBytes, index);
  const piece = new Uint8Array(bytes);
  const { bytesRead } = await handle.read(piece, 0, bytes, offset);
  return piece.subarray(0, bytesRead);
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle
      .write(bytes, done, bytes.length - done, offset + done)
      .catch((error: unknown) => {
        // Told apart here, as whoever fetches would else take a full disk for a bad neighbour.
        throw toIoError(error, "write a piece of a blob");
      });
    done += bytesWritten;
  }
}

async function keepBlob(part: string, blobFile: string): Promise<void> {
  await makeFolder(dirname(blobFile));
  await rename(part, blobFile);
  // Prevents: a build that begins from a blob whose name a crash takes back.
  await syncPath(dirname(blobFile));
}
