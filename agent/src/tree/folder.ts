/**
 * A folder of this machine as a tree. Links are recorded, never followed; names are bytes until
 * they are seen to be UTF-8.
 */
import type { Stats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { fromUtf8, InfieldError } from "@infield/shared/base";
import {
  type CollectOptions,
  collectTree,
  type FoundEntry,
  pathError,
  type Recorded,
  recordedAttributes,
  type SourceTree,
  type Xattr,
} from "@infield/shared/tree";
import { errorCode, pathSource, unreadableFile } from "../host/file-source.ts";
import { readXattrs, type XattrsByPath } from "./xattr-tools.ts";

export interface FolderOptions extends Omit<CollectOptions, "createSha256">, Recorded {
  /** Extended attributes were asked for, and nobody can look at them: says what is missing. */
  onNoXattrs?: ((missing: string) => void) | undefined;
}

/** Entries of one directory looked at together: enough to keep Node's four I/O threads busy. */
const BATCH = 64;

/**
 * The tree of a folder, every file read and hashed once. Throws `not-a-tree`, `unreadable-file`,
 * `unsupported-entry`, `path-invalid`, `limit-exceeded`.
 */
export async function openFolder(
  root: string,
  options: FolderOptions & Pick<CollectOptions, "createSha256">,
): Promise<SourceTree> {
  await checkFolder(root);
  const xattrs = options.xattrs === false ? undefined : await readXattrs(root, options.signal);
  if (xattrs === undefined && options.xattrs !== false) options.onNoXattrs?.("getfattr");
  for (const { name } of xattrs?.get(".") ?? []) options.onLeftOut?.(".", name);
  return collectTree(walkFolder(root, options, xattrs ?? new Map()), options);
}

async function checkFolder(root: string): Promise<void> {
  const stats = await lstat(`${root}/.`).catch((error: unknown) => {
    throw notAFolder(root, error);
  });
  if (!stats.isDirectory()) throw notAFolder(root);
}

async function* walkFolder(
  root: string,
  recorded: Recorded,
  xattrs: XattrsByPath,
): AsyncGenerator<FoundEntry> {
  const pending = [""];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const names = await listFolder(root, folder);
    for (let at = 0; at < names.length; at += BATCH) {
      const paths = names.slice(at, at + BATCH).map((name) => joinPath(folder, name));
      const batch = await Promise.all(
        paths.map((path) => describe(root, path, recorded, xattrs.get(path))),
      );
      pending.push(...batch.filter((entry) => entry.kind === "dir").map((entry) => entry.path));
      yield* batch;
    }
  }
}

async function listFolder(root: string, folder: string): Promise<Buffer[]> {
  const path = `${root}/${folder}`;
  return readdir(path, { encoding: "buffer" }).catch((error: unknown) => {
    throw unreadableFile(path, error);
  });
}

/** Throws `path-invalid` for a name that is not UTF-8: another system could not even say it. */
function joinPath(folder: string, name: Buffer): string {
  const text = fromUtf8(name);
  const prefix = folder === "" ? "" : `${folder}/`;
  if (text === undefined) throw pathError(prefix + name.toString("latin1"), "is not UTF-8");
  return prefix + text;
}

async function describe(
  root: string,
  path: string,
  recorded: Recorded,
  xattrs: readonly Xattr[] | undefined,
): Promise<FoundEntry> {
  const full = `${root}/${path}`;
  try {
    const stats = await lstat(full);
    const { uid, gid } = stats;
    const found = { uid, gid, mtime: stats.mtimeMs / 1000, xattrs };
    const attributes = recordedAttributes(path, found, recorded);
    const mode = stats.mode & 0o7777;
    if (stats.isDirectory()) return { kind: "dir", path, mode, ...attributes };
    if (stats.isFile()) {
      const inode = stats.nlink > 1 ? { inode: `${stats.dev}:${stats.ino}` } : {};
      return { kind: "file", path, mode, ...attributes, ...inode, source: pathSource(full, stats) };
    }
    if (stats.isSymbolicLink())
      return { kind: "link", path, ...attributes, target: await readTarget(full, path) };
    throw unsupported(path, stats);
  } catch (error) {
    throw error instanceof InfieldError ? error : unreadableFile(full, error);
  }
}

async function readTarget(full: string, path: string): Promise<string> {
  const target = fromUtf8(await readlink(full, { encoding: "buffer" }));
  if (target === undefined) throw pathError(path, "points to a name that is not UTF-8");
  return target;
}

function unsupported(path: string, stats: Stats): InfieldError {
  const kind = stats.isFIFO() ? "a FIFO" : stats.isSocket() ? "a socket" : "a device node";
  return new InfieldError(
    "unsupported-entry",
    `${JSON.stringify(path)} is ${kind}; a tree holds directories, files and symbolic links`,
    "leave it out of the folder",
  );
}

function notAFolder(root: string, cause?: unknown): InfieldError {
  const missing = errorCode(cause) === "ENOENT";
  return new InfieldError(
    errorCode(cause) === "EACCES" ? "unreadable-file" : "not-a-tree",
    `${JSON.stringify(root)} ${missing ? "does not exist" : "is no folder that can be read"}`,
    missing ? "check the spelling" : "choose a folder you may read",
    cause,
  );
}
