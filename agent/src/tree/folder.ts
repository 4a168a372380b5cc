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
  type ExcludeChoice,
  Excluder,
  type FoundEntry,
  IGNORE_FILE,
  type InputTree,
  type Recorded,
  readIgnoreFile,
  recordedAttributes,
  SYSTEM_SIGNS,
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
): Promise<InputTree> {
  await checkFolder(root);
  const xattrs = options.xattrs === false ? undefined : await readXattrs(root, options.signal);
  if (xattrs === undefined && options.xattrs !== false) options.onNoXattrs?.("getfattr");
  for (const { name } of xattrs?.get(".") ?? []) options.onLeftOut?.(".", name);
  const excluder = options.excludes && (await openExcluder(root, options.excludes));
  const found = walkFolder(root, options, xattrs ?? new Map(), excluder);
  return collectTree(found, { ...options, excluder });
}

async function openExcluder(root: string, excludes: ExcludeChoice): Promise<Excluder> {
  const stats = await Promise.all(
    [IGNORE_FILE, ...SYSTEM_SIGNS].map((path) => lstat(`${root}/${path}`).catch(() => undefined)),
  );
  const [file, ...signs] = stats;
  return new Excluder(
    excludes,
    signs.some((sign) => sign !== undefined),
    file?.isFile() ? await readIgnoreFile(pathSource(`${root}/${IGNORE_FILE}`, file)) : undefined,
  );
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
  excluder: Excluder | undefined,
): AsyncGenerator<FoundEntry> {
  const pending = [""];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    // What is kept out is not even looked at: files of /proc are gone by then.
    const listed = (await listFolder(root, folder)).filter(
      ({ path, isDirectory }) => !excluder?.excludes(path, isDirectory),
    );
    for (let at = 0; at < listed.length; at += BATCH) {
      const batch = await Promise.all(
        listed
          .slice(at, at + BATCH)
          .map((one) => describe(root, one, recorded, xattrs.get(one.path))),
      );
      pending.push(...batch.filter((entry) => entry.kind === "dir").map((entry) => entry.path));
      yield* batch;
    }
  }
}

/** What a directory lists. */
interface Listed {
  readonly path: string;
  readonly isDirectory: boolean;
  /** Another system could not even say a name that is not. */
  readonly isUtf8: boolean;
}

async function listFolder(root: string, folder: string): Promise<Listed[]> {
  const path = `${root}/${folder}`;
  const names = await readdir(path, { encoding: "buffer", withFileTypes: true }).catch(
    (error: unknown) => {
      throw unreadableFile(path, error);
    },
  );
  const prefix = folder === "" ? "" : `${folder}/`;
  return names.map((entry) => {
    const text = fromUtf8(entry.name);
    return {
      path: prefix + (text ?? entry.name.toString("latin1")),
      isDirectory: entry.isDirectory(),
      isUtf8: text !== undefined,
    };
  });
}

async function describe(
  root: string,
  { path, isUtf8 }: Listed,
  recorded: Recorded,
  xattrs: readonly Xattr[] | undefined,
): Promise<FoundEntry> {
  if (!isUtf8) return badName(path, "is not UTF-8");
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
    if (stats.isSymbolicLink()) {
      const target = fromUtf8(await readlink(full, { encoding: "buffer" }));
      return target === undefined
        ? badName(path, "points to a name that is not UTF-8")
        : { kind: "link", path, ...attributes, target };
    }
    return { kind: "misfit", path, reason: nameKind(stats), code: "unsupported-entry" };
  } catch (error) {
    throw unreadableFile(full, error);
  }
}

function badName(path: string, reason: string): FoundEntry {
  return { kind: "misfit", path, reason, code: "path-invalid" };
}

function nameKind(stats: Stats): string {
  return stats.isFIFO() ? "is a FIFO" : stats.isSocket() ? "is a socket" : "is a device node";
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
