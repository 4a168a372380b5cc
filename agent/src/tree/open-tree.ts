/** What a person may name as a tree on the command line: a folder, an archive, or `empty`. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { collectTree, type InputTree, openArchive } from "@infield/shared/tree";
import { errorCode, handleSource, unreadableFile } from "../host/file-source.ts";
import { createSha256 } from "../host/sha256.ts";
import { type FolderOptions, openFolder } from "./folder.ts";
import { spoolToTempFile } from "./temp-spool.ts";

/**
 * The word for the tree without entries, from which a full install is made. A folder of that name
 * is `./empty`.
 */
const EMPTY = "empty";

/**
 * Throws `not-a-tree`, `unreadable-file`, and what `openFolder` and `openArchive` throw. Close the
 * tree when done with it.
 */
export async function openTree(input: string, options: FolderOptions): Promise<InputTree> {
  const hashing = { ...options, createSha256 };
  if (input === EMPTY) return collectTree([], hashing);
  const handle = await openInput(input);
  const stats = await handle.stat();
  if (stats.isFile()) return openArchiveFile(handle, input, options);
  await handle.close();
  return openFolder(input, hashing);
}

async function openArchiveFile(
  handle: FileHandle,
  input: string,
  options: FolderOptions,
): Promise<InputTree> {
  try {
    const source = await handleSource(handle, input);
    const tree = await openArchive(source, basename(input), spoolToTempFile, {
      ...options,
      createSha256,
    });
    return { ...tree, close: () => tree.close().finally(() => handle.close()) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Not blocking, so that a FIFO is told apart from an archive instead of waiting for its writer. */
async function openInput(input: string): Promise<FileHandle> {
  try {
    return await open(input, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw unreadableFile(input, error);
    throw new InfieldError(
      "not-a-tree",
      `${JSON.stringify(input)} does not exist`,
      "name a folder, a .tar, a .tar.gz, a .zip, or the word empty",
      error,
    );
  }
}
