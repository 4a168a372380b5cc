/**
 * A browser's folder as found entries. A browser gives only names and bytes, so modes are guessed
 * from the first bytes. Opening a file costs it more than holding a small one, so small files are
 * read once and kept in memory while the tree is open.
 */
import {
  type ByteSource,
  blobSource,
  bytesSource,
  type FoundEntry,
  HEAD_BYTES,
} from "@infield/shared/tree";
import { DIR_MODE, guessMode } from "./modes.ts";
import type { FolderInput } from "./tree-input.ts";

/** Bytes up to which a file is small. */
export const SMALL_BYTES = 64 << 10;
/**
 * Bytes kept in memory for a tree: two trees are open at a time, and computers that prepare updates
 * commonly have four gigabytes.
 */
const KEPT_BYTES = 64 << 20;
/** Files opened at the same time. */
const BATCH = 64;
/** A browser knows no owners, so files belong to whoever installs them. */
const INSTALLER = { uid: 0, gid: 0 };

/** Throws `unreadable-file`. */
export async function* listFolder({ files, folders }: FolderInput): AsyncGenerator<FoundEntry> {
  for (const path of folders) yield { kind: "dir", path, mode: DIR_MODE, ...INSTALLER };
  const openFile = createOpener();
  for (let at = 0; at < files.length; at += BATCH) {
    yield* await Promise.all(
      files.slice(at, at + BATCH).map(async ({ path, file }): Promise<FoundEntry> => {
        const { head, source } = await openFile(file);
        return { kind: "file", path, mode: guessMode(head), ...INSTALLER, source };
      }),
    );
  }
}

/** Opens files, each with its first bytes; small ones are kept while there is space for them. */
function createOpener(): (file: Blob) => Promise<{ head: Uint8Array; source: ByteSource }> {
  let keptBytes = 0;
  return async (file) => {
    const source = blobSource(file);
    if (file.size > SMALL_BYTES || keptBytes + file.size > KEPT_BYTES) {
      return { head: await source.read(0, Math.min(HEAD_BYTES, file.size)), source };
    }
    keptBytes += file.size;
    const bytes = await source.read(0, file.size);
    return { head: bytes, source: bytesSource(bytes) };
  };
}
