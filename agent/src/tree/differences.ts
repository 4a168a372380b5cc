/**
 * How a folder differs from a manifest: everything in it is read back, by code that shares nothing
 * with the code that wrote it. Whatever stands in the folder, a device or a file that cannot be
 * read, is a difference like any other.
 */
import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { lstat } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { fromUtf8, isAbort } from "@infield/shared/base";
import {
  comparePaths,
  type Entry,
  type FileEntry,
  haveSameXattrs,
  type InodeEntry,
  isInode,
  type Manifest,
  needsXattrs,
  recordedAttributes,
  SELINUX,
  treeFormat,
} from "@infield/shared/tree";
import { errorCode } from "../host/file-source.ts";
import { type Hashed, stampOf } from "../host/file-stamp.ts";
import { isResourceShortage, toIoError } from "../host/io-error.ts";
import { readXattrs, type XattrsByPath, xattrsNeeded } from "./xattr-tools.ts";

/** One path that is not as the manifest says, and how; `.` is the folder itself. */
export interface Difference {
  readonly path: string;
  readonly how:
    | "missing"
    | "extra"
    | "type"
    | "unreadable"
    | "bytes"
    | "mode"
    | "owner"
    | "link"
    /** It is another file than the one it is a further name of, or one with a file of its own. */
    | "hard-link"
    | "attributes"
    | "time";
}
type How = Difference["how"];

/**
 * Milliseconds until others may run. Files and directories are read synchronously: promises for
 * them cost a laptop ten times the processor's time, on a whole system and every time that an idle
 * one is checked.
 */
const TURN_MS = 10;
/**
 * Bytes read at once, into one buffer: an array for each read would be garbage by the ten
 * megabytes.
 */
const READ_BYTES = 256 * 1024;
/**
 * Bytes that looking at an entry counts for, besides its own: a block of its directory or inode.
 */
const ENTRY_BYTES = 4096;

interface Search {
  readonly folder: string;
  /** Owners count. */
  readonly owners: boolean;
  /** Extended attributes by path, where they count. */
  readonly xattrs: XattrsByPath | undefined;
  readonly inodes: InodeCheck;
  /** Files that need not be read again as long as they bear the same stamp. */
  readonly hashed: ReadonlyMap<string, Hashed>;
  /** Entries of the manifest that were not met yet. */
  readonly rest: Map<string, Entry>;
  readonly buffer: Uint8Array;
  /** After so many bytes: lets others run when it is their turn. Throws AbortError. */
  pause(bytes: number): Promise<void>;
  note(path: string, how: How): void;
}

interface SearchOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Files that were read a moment ago: the inode at the path has to be the one that was read,
   * unchanged, and what was read has to be what the manifest wants.
   */
  readonly hashed?: ReadonlyMap<string, Hashed>;
  /** Waited for after so many bytes were read, by whoever has time. */
  pace?(bytes: number): Promise<void>;
  /** The order in which what lies in a directory is looked at; as it comes when left out. */
  order?(paths: readonly string[]): readonly string[];
}

/**
 * Reads the whole folder, and hashes every file of the right size, but for those that are `hashed`.
 * Differences come in manifest order; below a directory that cannot be read nothing is known, so
 * nothing is named. Throws `io-failed` only where the machine is at its end; AbortError.
 */
export async function findDifferences(
  folder: string,
  manifest: Manifest,
  { signal, hashed = new Map(), pace, order = (paths) => paths }: SearchOptions = {},
): Promise<Difference[]> {
  const { entries } = manifest;
  const differences: Difference[] = [];
  const search: Search = {
    folder,
    // Where every owner is 0:0, whoever installed the tree owns it.
    owners: entries.some((entry) => isInode(entry) && (entry.uid !== 0 || entry.gid !== 0)),
    xattrs: needsXattrs(manifest) ? await readXattrsToCheck(folder, signal) : undefined,
    inodes: new InodeCheck(),
    hashed,
    rest: new Map(entries.map((entry) => [entry.path, entry])),
    buffer: new Uint8Array(READ_BYTES),
    pause: takeTurns(signal, pace),
    note: (path, how) => differences.push({ path, how }),
  };
  const how = await examineFolder(folder);
  if (how !== undefined) return [{ path: ".", how }];
  const pending = [""];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const path of order(listPaths(search, below))) {
      await search.pause(ENTRY_BYTES);
      if (await examine(search, path)) pending.push(`${path}/`);
    }
  }
  for (const path of search.rest.keys()) search.note(path, "missing");
  // In format 1 names of one inode are files of their own, which a laptop may have linked.
  if (treeFormat(manifest) === 2)
    for (const path of search.inodes.wrongNames(entries)) search.note(path, "hard-link");
  return differences.sort((a, b) => comparePaths(a.path, b.path));
}

function takeTurns(
  signal: AbortSignal | undefined,
  pace: SearchOptions["pace"],
): (bytes: number) => Promise<void> {
  let since = performance.now();
  return async (bytes) => {
    await pace?.(bytes);
    if (performance.now() - since > TURN_MS) {
      await setImmediate();
      since = performance.now();
    }
    signal?.throwIfAborted();
  };
}

async function examineFolder(folder: string): Promise<How | undefined> {
  try {
    return (await lstat(folder)).isDirectory() ? undefined : "type";
  } catch (error) {
    return errorCode(error) === "ENOENT" ? "missing" : unreadable(error, folder);
  }
}

/** The paths in a directory; `below` is its path with a slash behind it, or nothing. */
function listPaths(search: Search, below: string): string[] {
  const full = `${search.folder}/${below}`;
  try {
    const names = readdirSync(full, { encoding: "buffer" });
    return names.flatMap((name) => {
      const text = fromUtf8(name);
      if (text !== undefined) return [below + text];
      // No manifest can have such a name.
      search.note(below + name.toString("latin1"), "extra");
      return [];
    });
  } catch (error) {
    search.note(below.slice(0, -1) || ".", unreadable(error, full));
    forgetBelow(search, below);
    return [];
  }
}

/** What is below a directory that cannot be read is not missing: nothing is known of it. */
function forgetBelow({ rest }: Search, below: string): void {
  for (const path of [...rest.keys()]) if (path.startsWith(below)) rest.delete(path);
}

/** Notes what is wrong with one path; true when it is a directory, to be looked into. */
async function examine(search: Search, path: string): Promise<boolean> {
  const expected = search.rest.get(path);
  search.rest.delete(path);
  const full = `${search.folder}/${path}`;
  try {
    const stats = lstatSync(full, { bigint: true });
    const how = expected === undefined ? "extra" : await compare(search, expected, full, stats);
    if (how !== undefined) search.note(path, how);
    return stats.isDirectory();
  } catch (error) {
    if (isAbort(error)) throw error;
    search.note(path, expected === undefined ? "extra" : unreadable(error, full));
    if (expected?.kind === "dir") forgetBelow(search, `${path}/`);
    return false;
  }
}

async function compare(
  search: Search,
  expected: Entry,
  full: string,
  stats: BigIntStats,
): Promise<How | undefined> {
  if (expected.kind === "hard-link") {
    if (!stats.isFile()) return "type";
    search.inodes.add(expected.path, stats);
    return undefined;
  }
  if (kindOf(stats) !== expected.kind) return "type";
  if (expected.kind === "file") search.inodes.add(expected.path, stats);
  if (expected.kind === "file" && !(await hasBytes(search, expected, full, stats))) return "bytes";
  if (expected.kind === "link" && !leadsTo(expected.target, full)) return "link";
  if (expected.kind !== "link" && expected.mode !== (Number(stats.mode) & 0o7777)) return "mode";
  if (search.owners && (expected.uid !== Number(stats.uid) || expected.gid !== Number(stats.gid)))
    return "owner";
  if (search.xattrs !== undefined && !hasXattrs(search.xattrs, expected)) return "attributes";
  if (expected.mtime !== undefined && expected.mtime !== Number(stats.mtimeNs / NS_PER_SECOND))
    return "time";
  return undefined;
}

const NS_PER_SECOND = 1_000_000_000n;

/** Which names lead to one file. */
class InodeCheck {
  readonly #inodeOf = new Map<string, string>();

  add(path: string, { dev, ino }: BigIntStats): void {
    this.#inodeOf.set(path, `${dev}:${ino}`);
  }

  /** Further names that lead to another file, and files that share theirs with another one. */
  *wrongNames(entries: readonly Entry[]): Iterable<string> {
    const owners = new Map<string, string>();
    for (const entry of entries) {
      const inode = this.#inodeOf.get(entry.path);
      if (inode === undefined) continue;
      if (entry.kind === "hard-link") {
        if (inode !== this.#inodeOf.get(entry.target)) yield entry.path;
      } else if (owners.has(inode)) yield entry.path;
      else owners.set(inode, entry.path);
    }
  }
}

/** What the folder has must be looked at by somebody, else nobody knows. */
async function readXattrsToCheck(folder: string, signal?: AbortSignal): Promise<XattrsByPath> {
  const found = await readXattrs(folder, signal);
  if (found === undefined) throw xattrsNeeded("the program getfattr is not installed");
  return found;
}

function hasXattrs(found: XattrsByPath, expected: InodeEntry): boolean {
  const own = { uid: 0, gid: 0, xattrs: found.get(expected.path) ?? [] };
  const selinux = expected.xattrs?.some(({ name }) => name === SELINUX) ?? false;
  return haveSameXattrs(
    recordedAttributes(expected.path, own, { owners: false, selinux }),
    expected,
  );
}

function kindOf(stats: BigIntStats): Entry["kind"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "dir";
  return stats.isSymbolicLink() ? "link" : undefined;
}

function leadsTo(target: string, full: string): boolean {
  return fromUtf8(readlinkSync(full, { encoding: "buffer" })) === target;
}

async function hasBytes(
  search: Search,
  expected: FileEntry,
  full: string,
  stats: BigIntStats,
): Promise<boolean> {
  if (Number(stats.size) !== expected.size) return false;
  const known = search.hashed.get(expected.path);
  if (known?.stamp === stampOf(stats)) return known.sha256 === expected.sha256;
  return (await hashFile(full, search.buffer, search.pause)) === expected.sha256;
}

/**
 * The SHA-256 of a file, read through `buffer`. O_NONBLOCK: what was a file at the time of lstat
 * may be a FIFO now, and opening that would wait for ever.
 */
export async function hashFile(
  full: string,
  buffer: Uint8Array,
  pause: (bytes: number) => Promise<void>,
): Promise<string> {
  const fd = openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const hash = createHash("sha256");
    for (;;) {
      const bytes = readSync(fd, buffer, 0, buffer.length, null);
      if (bytes === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytes));
      await pause(bytes);
    }
  } finally {
    closeSync(fd);
  }
}

function unreadable(error: unknown, full: string): How {
  if (isResourceShortage(error)) throw toIoError(error, `read ${JSON.stringify(full)}`);
  return "unreadable";
}
