/**
 * How a folder differs from a manifest: everything in it is read back, by code that shares nothing with the code that wrote it.
 * Whatever stands in the folder, a device or a file that cannot be read, is a difference like any other.
 */
import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import {
  comparePaths,
  type Entry,
  type FileEntry,
  forEachConcurrently,
  fromUtf8,
  type Manifest,
} from "@infield/shared";
import { errorCode } from "../tree/file-source.ts";
import { toIoError } from "./io-error.ts";

/** One path that is not as the manifest says, and how; `.` is the folder itself. */
export interface Difference {
  readonly path: string;
  readonly how: "missing" | "extra" | "type" | "unreadable" | "bytes" | "mode" | "owner" | "link";
}
type How = Difference["how"];

/** Entries looked at at a time: as many as Node has threads for files. */
const LANES = 4;
/** Bytes read at once, into one buffer a lane: an array for each read would be garbage by the ten megabytes. */
const READ_BYTES = 256 * 1024;
/** Says nothing of the folder: this process has too much open, or the system has no memory. */
const OUR_OWN_LACK = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

interface Search {
  readonly folder: string;
  /** Owners count. */
  readonly owners: boolean;
  /** Entries of the manifest that were not met yet. */
  readonly rest: Map<string, Entry>;
  /** Buffers no lane uses at the moment. */
  readonly spare: Uint8Array[];
  note(path: string, how: How): void;
}

/**
 * Reads the whole folder, and hashes every file of the right size. Differences come in manifest order; below a directory that
 * cannot be read nothing is known, so nothing is named. Throws `io-failed` only where the machine is at its end; AbortError.
 */
export async function findDifferences(
  folder: string,
  { entries }: Manifest,
  signal?: AbortSignal,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  const search: Search = {
    folder,
    // Where every owner is 0:0, whoever installed the tree owns it.
    owners: entries.some((entry) => entry.uid !== 0 || entry.gid !== 0),
    rest: new Map(entries.map((entry) => [entry.path, entry])),
    spare: [],
    note: (path, how) => differences.push({ path, how }),
  };
  const how = await examineFolder(folder);
  if (how !== undefined) return [{ path: ".", how }];
  const pending = [""];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    await forEachConcurrently(await listPaths(search, below), LANES, async (path) => {
      signal?.throwIfAborted();
      if (await examine(search, path)) pending.push(`${path}/`);
    });
  }
  for (const path of search.rest.keys()) search.note(path, "missing");
  return differences.sort((a, b) => comparePaths(a.path, b.path));
}

async function examineFolder(folder: string): Promise<How | undefined> {
  try {
    return (await lstat(folder)).isDirectory() ? undefined : "type";
  } catch (error) {
    return errorCode(error) === "ENOENT" ? "missing" : unreadable(error, folder);
  }
}

/** The paths in a directory; `below` is its path with a slash behind it, or nothing. */
async function listPaths(search: Search, below: string): Promise<string[]> {
  const full = `${search.folder}/${below}`;
  try {
    const names = await readdir(full, { encoding: "buffer" });
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
    const stats = await lstat(full);
    const how = expected === undefined ? "extra" : await compare(search, expected, full, stats);
    if (how !== undefined) search.note(path, how);
    return stats.isDirectory();
  } catch (error) {
    search.note(path, expected === undefined ? "extra" : unreadable(error, full));
    if (expected?.kind === "dir") forgetBelow(search, `${path}/`);
    return false;
  }
}

async function compare(
  search: Search,
  expected: Entry,
  full: string,
  stats: Stats,
): Promise<How | undefined> {
  if (kindOf(stats) !== expected.kind) return "type";
  if (expected.kind === "file" && !(await hasBytes(search, expected, full, stats))) return "bytes";
  if (expected.kind === "link" && !(await leadsTo(expected.target, full))) return "link";
  if (expected.kind !== "link" && expected.mode !== (stats.mode & 0o7777)) return "mode";
  if (search.owners && (expected.uid !== stats.uid || expected.gid !== stats.gid)) return "owner";
  return undefined;
}

function kindOf(stats: Stats): Entry["kind"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "dir";
  return stats.isSymbolicLink() ? "link" : undefined;
}

async function leadsTo(target: string, full: string): Promise<boolean> {
  return fromUtf8(await readlink(full, { encoding: "buffer" })) === target;
}

async function hasBytes(search: Search, expected: FileEntry, full: string, stats: Stats): Promise<boolean> {
  if (stats.size !== expected.size) return false;
  const buffer = search.spare.pop() ?? new Uint8Array(READ_BYTES);
  try {
    return (await hashFile(full, buffer)) === expected.sha256;
  } finally {
    search.spare.push(buffer);
  }
}

/** O_NONBLOCK: what was a file at the time of lstat may be a FIFO now, and opening that would wait for ever. */
async function hashFile(full: string, buffer: Uint8Array): Promise<string> {
  const handle = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const hash = createHash("sha256");
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

function unreadable(error: unknown, full: string): How {
  if (OUR_OWN_LACK.has(errorCode(error) ?? "")) throw toIoError(error, `read ${JSON.stringify(full)}`);
  return "unreadable";
}
