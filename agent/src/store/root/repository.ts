/**
 * Repositories as a person names them: a folder, which is read and written, or a .zip of one or a
 * web server, which are read.
 */
import { randomUUID } from "node:crypto";
import { lstat, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InfieldError } from "@infield/shared/base";
import {
  blobPath,
  blobRoot,
  CHANNEL_FILE,
  type Chain,
  hashPieces,
  type OpenRepository,
  openZipRepository,
  type ReleaseFile,
  type ReleaseRecord,
  type RepositoryReader,
  readReleaseFile,
  releasePath,
  releaseVersion,
  repositoryFileLimit,
  webFiles,
} from "@infield/shared/records";
import type { ByteSource } from "@infield/shared/tree";
import { createFile, replaceFile, syncPath } from "../../host/durable.ts";
import { errorCode, handleSource, pathSource, unreadableFile } from "../../host/file-source.ts";
import { ignoreDamage, toIoError } from "../../host/io-error.ts";
import { HttpRepository } from "../../http/http-repository.ts";
import { isWebAddress, parseWebAddress } from "../../http/web-address.ts";
import { systemClock } from "../../timing/clock.ts";
import { spoolToTempFile } from "../../tree/temp-spool.ts";
import { checkBlobRoot } from "./layout.ts";

/** A repository folder, to read. */
export interface FolderReader extends RepositoryReader {
  readonly path: string;
  /** Where the blob `root` lies, or would lie. */
  blobFile(root: string): string;
  /** True when there is a blob of that name and size; its bytes are checked where they are used. */
  hasBlob(root: string, bytes: number): Promise<boolean>;
}

/** A repository folder: a stick, a volunteer's `-d REPO`, or the one inside a laptop's root. */
export interface FolderRepository extends FolderReader {
  /** Begins a channel. Throws `already-exists` when there is one, `no-space`, `io-failed`. */
  createChannel(chain: Chain): Promise<void>;
  /**
   * Writes `channel.json`, whole or not at all. The caller has verified the chain. Throws
   * `no-space`, `io-failed`.
   */
  writeChain(chain: Chain): Promise<void>;
  /**
   * Writes `releases/<n>.json`. `record` is the verified record of `file`. Throws `already-exists`
   * for a second, different release of a version, `no-space`, `io-failed`.
   */
  writeRelease(file: ReleaseFile, record: ReleaseRecord): Promise<void>;
  /**
   * Writes a blob, for whoever just made it. Throws `no-space`, `io-failed`, and what reading the
   * chunks throws.
   */
  writeBlob(chunks: AsyncIterable<Uint8Array>): Promise<{ root: string; bytes: number }>;
  /**
   * Writes what a web server needs besides: the piece lists of the blobs `roots` that have none
   * yet, and `latest`. Throws `no-space`, `io-failed`.
   */
  writeWebFiles(roots: Iterable<string>): Promise<void>;
}

/** A repository folder; it and its folders are made when they are first written to. */
export function folderRepository(path: string): FolderRepository {
  const reader: RepositoryReader = {
    open: (file) => openFile(path, file),
    versions: () => listVersions(path),
  };
  return {
    ...reader,
    path,
    writeChain: (chain) => writeFile(path, CHANNEL_FILE, toText(chain)),
    createChannel: (chain) => createChannel(path, chain),
    writeRelease: (file, { version }) => writeRelease(path, reader, file, version),
    writeBlob: (chunks) => writeBlob(path, chunks),
    async writeWebFiles(roots) {
      for await (const [file, bytes] of webFiles(reader, roots)) await writeFile(path, file, bytes);
    },
    blobFile: (root) => join(path, blobPath(checkBlobRoot(root))),
    async hasBlob(root, bytes) {
      const blob = await openFile(path, blobPath(checkBlobRoot(root)));
      return blob?.size === bytes;
    },
  };
}

/**
 * What a person names as REPO: a folder, a .zip, or the address of a folder on a web server. Throws
 * `repository-damaged` when it holds no `channel.json`, and what `openZipRepository`,
 * `parseWebAddress` and `HttpRepository` throw.
 */
export async function openRepository(path: string, signal?: AbortSignal): Promise<OpenRepository> {
  const repository = await openAny(path, signal);
  if ((await repository.open(CHANNEL_FILE)) !== undefined) return repository;
  await repository.close();
  throw new InfieldError(
    "repository-damaged",
    `${JSON.stringify(path)} holds no ${CHANNEL_FILE}`,
    "check that this is the repository's folder, .zip or web address",
  );
}

async function openAny(path: string, signal: AbortSignal | undefined): Promise<OpenRepository> {
  if (isWebAddress(path))
    return new HttpRepository(parseWebAddress(path), { clock: systemClock, signal });
  if (await isFile(path)) return openZip(path);
  return { ...folderRepository(path), close: async () => {} };
}

async function openZip(path: string): Promise<OpenRepository> {
  const handle = await open(path).catch((error: unknown) => {
    throw unreadableFile(path, error);
  });
  try {
    const source = await handleSource(handle, path);
    const repository = await openZipRepository(source, basename(path), spoolToTempFile);
    return { ...repository, close: () => repository.close().finally(() => handle.close()) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openFile(folder: string, file: string): Promise<ByteSource | undefined> {
  // Everything else in the folder is not looked at, least of all what is not in the folder.
  if (repositoryFileLimit(file) === undefined) return undefined;
  const path = join(folder, file);
  try {
    const stats = await lstat(path);
    return stats.isFile() ? pathSource(path, stats) : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw toIoError(error, `read ${JSON.stringify(path)}`);
  }
}

async function listVersions(folder: string): Promise<number[]> {
  try {
    const names = await readdir(join(folder, "releases"));
    return names.flatMap((name) => releaseVersion(`releases/${name}`) ?? []);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw toIoError(error, `read ${JSON.stringify(folder)}`);
  }
}

async function createChannel(folder: string, chain: Chain): Promise<void> {
  await makeFolder(folder);
  if (await createFile(join(folder, CHANNEL_FILE), toText(chain))) return;
  throw new InfieldError(
    "already-exists",
    `${JSON.stringify(folder)} holds a channel already`,
    "choose another folder for the new channel",
  );
}

/**
 * One version is one release, as laptops that took the first would never hear of the second. One
 * that is damaged is replaced.
 */
async function writeRelease(
  folder: string,
  reader: RepositoryReader,
  file: ReleaseFile,
  version: number,
): Promise<void> {
  const path = join(folder, releasePath(version));
  await makeFolder(dirname(path));
  if (await createFile(path, toText(file))) return;
  const there = await readReleaseFile(reader, version).catch(ignoreDamage);
  if (there?.release.body === file.release.body) return;
  if (there === undefined) return replaceFile(path, toText(file));
  throw new InfieldError(
    "already-exists",
    `there is another version ${version} already`,
    "give the new release a higher version",
  );
}

function toText(content: Chain | ReleaseFile): string {
  return `${JSON.stringify(content)}\n`;
}

async function writeFile(
  folder: string,
  file: string,
  content: string | Uint8Array,
): Promise<void> {
  const path = join(folder, file);
  await makeFolder(dirname(path));
  await replaceFile(path, content);
}

async function writeBlob(
  folder: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ root: string; bytes: number }> {
  const blobs = join(folder, "blobs");
  const temporary = join(blobs, `.${randomUUID()}.new`);
  await makeFolder(blobs);
  try {
    const blob = await writeHashed(temporary, chunks);
    await rename(temporary, join(folder, blobPath(blob.root)));
    // Prevents: a release record that names a blob which a crash took away again.
    await syncPath(blobs);
    return blob;
  } catch (error) {
    await rm(temporary, { force: true });
    throw toIoError(error, `write into ${JSON.stringify(blobs)}`);
  }
}

async function writeHashed(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ root: string; bytes: number }> {
  const handle = await open(path, "wx+", 0o644);
  try {
    for await (const chunk of chunks) await handle.appendFile(chunk);
    // Prevents: a blob that has its name after a crash, but not its bytes.
    await handle.sync();
    const source = await handleSource(handle, path);
    return { root: blobRoot(await hashPieces(source)), bytes: source.size };
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and its parents; the new names are durable when it returns. Throws `no-space`,
 * `io-failed`.
 */
export async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  try {
    await makeMissing(path);
  } catch (error) {
    throw toIoError(error, `make ${JSON.stringify(path)}`);
  }
}

/**
 * Not by Node's own `recursive`: of a parent that a full disk has no inode for, that says ENOENT.
 */
async function makeMissing(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errorCode(error) === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (errorCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeMissing(dirname(path));
    await mkdir(path);
  }
  // Prevents: files that were synced inside a folder whose own name a crash takes away.
  await syncPath(dirname(path));
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw toIoError(error, `read ${JSON.stringify(path)}`);
  }
}
