/** What a person may name as a tree on the command line: a folder, an archive, or `empty`. */
import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { basename, join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import {
  type ArchiveOptions,
  type ByteSource,
  collectTree,
  type ImageKind,
  type InputTree,
  isArchive,
  OCI_MARK,
  openArchive,
  openOciLayout,
  recogniseImage,
  type SpooledSource,
  streamFrom,
} from "@infield/shared/tree";
import { loadCodec } from "@infield/wasm/node";
import { errorCode, handleSource, pathSource, unreadableFile } from "../host/file-source.ts";
import { createSha256, sha256Hex } from "../host/sha256.ts";
import { type FolderOptions, openFolder } from "./folder.ts";
import { type ImageOptions, tarOfImage } from "./image/image-tar.ts";
import { spoolToTempFile } from "./temp-spool.ts";

/**
 * The word for the tree without entries, from which a full install is made. A folder of that name
 * is `./empty`.
 */
const EMPTY = "empty";

export type OpenOptions = FolderOptions & ImageOptions;

/**
 * Throws `not-a-tree`, `unreadable-file`, and what `openFolder` and `openArchive` throw. Close the
 * tree when done with it.
 */
export async function openTree(input: string, options: OpenOptions): Promise<InputTree> {
  const hashing = { ...options, createSha256, hashWhole: sha256Hex };
  if (input === EMPTY) return collectTree([], hashing);
  const handle = await openInput(input);
  const stats = await handle.stat();
  if (stats.isFile()) return openArchiveFile(handle, input, options);
  await handle.close();
  return (await isFile(`${input}/${OCI_MARK}`))
    ? openOciFolder(input, options)
    : openFolder(input, hashing);
}

async function isFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() === true;
}

function openOciFolder(folder: string, options: OpenOptions): Promise<InputTree> {
  const open = async (path: string) => {
    const stats = await lstat(join(folder, path)).catch(() => undefined);
    return stats?.isFile() ? pathSource(join(folder, path), stats) : undefined;
  };
  return openOciLayout(open, spoolToTempFile, archiveOptions(options));
}

function archiveOptions(options: OpenOptions): ArchiveOptions {
  return {
    ...options,
    createSha256,
    openUnpacker: async (format) => (await loadCodec()).openUnpacker(format),
  };
}

async function openArchiveFile(
  handle: FileHandle,
  input: string,
  options: OpenOptions,
): Promise<InputTree> {
  try {
    const source = await handleSource(handle, input);
    const tree = await openSource(source, input, options);
    return { ...tree, close: () => tree.close().finally(() => handle.close()) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openSource(
  source: ByteSource,
  input: string,
  options: OpenOptions,
): Promise<InputTree> {
  const open = (from: ByteSource) =>
    openArchive(from, basename(input), spoolToTempFile, archiveOptions(options));
  const kind = await recogniseImage(source);
  // A tar may have a boot sector's mark at byte 510, in a field that nobody reads.
  if (kind === undefined || (await isArchive(source))) return open(source);
  const tar = await spoolImage(source, input, kind, options);
  try {
    const tree = await open(tar);
    return { ...tree, close: () => tree.close().finally(() => tar.close()) };
  } catch (error) {
    await tar.close();
    throw error;
  }
}

async function spoolImage(
  source: ByteSource,
  input: string,
  kind: ImageKind,
  options: OpenOptions,
): Promise<SpooledSource> {
  let doneBytes = 0;
  const chunks = tarOfImage(input, source, kind, options);
  const counted = async function* () {
    for await (const chunk of chunks) {
      doneBytes += chunk.length;
      options.onProgress?.({ step: "unpack", doneBytes, totalBytes: 0 });
      yield chunk;
    }
  };
  return spoolToTempFile(streamFrom(counted()), options.signal);
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
      "name a folder, a .tar (also .gz, .xz, .zst, .bz2), a .zip, or the word empty",
      error,
    );
  }
}
