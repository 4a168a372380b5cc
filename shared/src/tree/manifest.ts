/**
 * The manifest: the canonical text of a tree, and the only thing a tree id is computed from
 * (docs/formats.md, "Manifest"). One tree has exactly one manifest, so whatever is not in canonical
 * form is refused rather than repaired.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { fromUtf8, toHex, utf8 } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { MAX_ENTRIES, MAX_FILE_BYTES, MAX_MANIFEST_BYTES, MAX_TREE_BYTES } from "../base/limits.ts";
import type { Entry, FileEntry, InodeEntry } from "./entry.ts";
import { formatEntry, needsFormat2, parseEntry } from "./manifest-line.ts";
import { comparePaths, invalidPathReason, invalidTargetReason, pathError } from "./path.ts";
import { invalidXattrsReason } from "./xattr.ts";

/** Entries sorted by the UTF-8 bytes of their paths; the root itself is not listed. */
export interface Manifest {
  readonly entries: readonly Entry[];
}

export const EMPTY_MANIFEST: Manifest = { entries: [] };
/** Format 2 has further names of files, and attributes: a tree without them stays in format 1. */
const FIRST_LINES: readonly string[] = ["infield-tree 1", "infield-tree 2"];
const HEX_SHA256 = /^[0-9a-f]{64}$/;
/** Owners are 32 bits on Linux; modes are the permission bits with setuid, setgid and sticky. */
const MAX_ID = 0xffff_ffff;
const MAX_MODE = 0o7777;
/** Seconds that a line can say: thirty thousand years, as filesystems may. */
const MAX_SECONDS = 999_999_999_999;

/**
 * A manifest of entries in any order, checked against every rule of the format. Throws
 * `path-invalid`, `limit-exceeded`.
 */
export function createManifest(entries: Iterable<Entry>): Manifest {
  const sorted = [...entries].sort((a, b) => comparePaths(a.path, b.path));
  checkEntries(sorted, HEX_SHA256);
  return { entries: sorted };
}

/**
 * The canonical bytes of a manifest: UTF-8, every line ends with `\n`. Throws `limit-exceeded`
 * where no reader would take them.
 */
export function formatManifest(manifest: Manifest): Uint8Array {
  const firstLine = FIRST_LINES[treeFormat(manifest) - 1];
  const lines = [firstLine, ...manifest.entries.map(formatEntry), ""];
  const bytes = utf8(lines.join("\n"));
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw tooLarge(`a manifest of ${bytes.length} bytes`, MAX_MANIFEST_BYTES);
  }
  return bytes;
}

/**
 * Reads canonical bytes. `hashes` is what may stand in the place of a file's hash: 64 hex digits
 * unless told otherwise. Throws `manifest-invalid` with the line, `path-invalid`, `limit-exceeded`.
 */
export function parseManifest(bytes: Uint8Array, hashes: RegExp = HEX_SHA256): Manifest {
  if (bytes.length > MAX_MANIFEST_BYTES)
    throw tooLarge(`a manifest of ${bytes.length} bytes`, MAX_MANIFEST_BYTES);
  const text = fromUtf8(bytes);
  if (text === undefined) throw invalid(1, "is not valid UTF-8");
  const lines = text.split("\n");
  const format = FIRST_LINES.indexOf(lines[0] ?? "") + 1;
  if (format === 0) throw invalid(1, 'is neither "infield-tree 1" nor "infield-tree 2"');
  if (lines.pop() !== "") throw invalid(lines.length + 1, "does not end with a line break");
  const entries = parseEntries(lines);
  if (treeFormat({ entries }) !== format) throw invalid(1, "is of another format than the rest");
  checkEntries(entries, hashes);
  return { entries };
}

/** Entries from the second line on; an attribute's line begins with a space. */
function parseEntries(lines: readonly string[]): Entry[] {
  const entries: Entry[] = [];
  for (let at = 1, end = 1; at < lines.length; at = end) {
    do end++;
    while (lines[end]?.startsWith(" "));
    const own = lines.slice(at, end);
    const entry = parseEntry(own);
    if (entry === undefined || formatEntry(entry) !== own.join("\n"))
      throw invalid(at + 1, "is not a canonical entry");
    entries.push(entry);
  }
  return entries;
}

/** The format of a tree's manifest: what a laptop must be able to read and to store. */
export function treeFormat({ entries }: Manifest): 1 | 2 {
  return entries.some(needsFormat2) ? 2 : 1;
}

/** The tree id: SHA-256 of the manifest's bytes, as 64 hex digits. */
export function treeId(manifest: Manifest): string {
  return toHex(sha256(formatManifest(manifest)));
}

/**
 * Files in manifest order, each once, whatever further names it has: a file's index in this list is
 * how deltas name it.
 */
export function filesOf(manifest: Manifest): FileEntry[] {
  return manifest.entries.filter((entry): entry is FileEntry => entry.kind === "file");
}

/** Sum of the sizes of all files, in bytes. */
export function treeBytes(manifest: Manifest): number {
  return filesOf(manifest).reduce((total, file) => total + file.size, 0);
}

/** True when installing needs a filesystem with extended attributes and a program to set them. */
export function needsXattrs(manifest: Manifest): boolean {
  return manifest.entries.some((entry) => entry.kind !== "hard-link" && entry.xattrs !== undefined);
}

function checkEntries(entries: readonly Entry[], hashes: RegExp): void {
  if (entries.length > MAX_ENTRIES)
    throw tooLarge(`a tree of ${entries.length} entries`, MAX_ENTRIES);
  const directories = new Set<string>([""]);
  const files = new Set<string>();
  let previous: string | undefined;
  let bytes = 0;
  for (const entry of entries) {
    checkPath(entry.path, previous, directories);
    previous = entry.path;
    const reason = invalidFieldReason(entry, hashes, files);
    if (reason !== undefined) throw pathError(entry.path, reason);
    if (entry.kind === "dir") directories.add(entry.path);
    if (entry.kind !== "file") continue;
    files.add(entry.path);
    bytes += checkSize(entry);
  }
  if (bytes > MAX_TREE_BYTES) throw tooLarge(`a tree of ${bytes} bytes`, MAX_TREE_BYTES);
}

/**
 * What the grammar of a line could not write, or would write so that it does not read back as the
 * same entry.
 */
function invalidFieldReason(
  entry: Entry,
  hashes: RegExp,
  files: ReadonlySet<string>,
): string | undefined {
  if (entry.kind === "hard-link")
    return files.has(entry.target) ? undefined : "is another name of a file that is not before it";
  if (!isWhole(entry.uid, MAX_ID) || !isWhole(entry.gid, MAX_ID)) return "has no valid owner";
  if (entry.mtime !== undefined && !isWhole(Math.abs(entry.mtime), MAX_SECONDS))
    return "has no valid time";
  const reason = invalidXattrsReason(entry);
  if (reason !== undefined || entry.kind === "link")
    return reason ?? (entry.kind === "link" ? invalidTargetReason(entry.target) : undefined);
  if (!isWhole(entry.mode, MAX_MODE)) return "has no valid mode";
  if (entry.kind === "dir") return undefined;
  if (!isWhole(entry.size, Number.MAX_SAFE_INTEGER)) return "has no valid size";
  return hashes.test(entry.sha256) ? undefined : "has no valid hash";
}

function isWhole(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function checkSize(file: FileEntry): number {
  if (file.size > MAX_FILE_BYTES)
    throw tooLarge(`the file ${JSON.stringify(file.path)}`, MAX_FILE_BYTES);
  return file.size;
}

function checkPath(
  path: string,
  previous: string | undefined,
  directories: ReadonlySet<string>,
): void {
  const reason = invalidPathReason(path);
  if (reason !== undefined) throw pathError(path, reason);
  if (previous !== undefined && comparePaths(previous, path) >= 0) {
    throw pathError(path, previous === path ? "is listed twice" : "is out of order");
  }
  if (!directories.has(path.slice(0, Math.max(0, path.lastIndexOf("/"))))) {
    throw pathError(path, "lies below something that is not a directory of the tree");
  }
}

function invalid(line: number, reason: string): InfieldError {
  return new InfieldError(
    "manifest-invalid",
    `line ${line} of the manifest ${reason}`,
    "fetch the manifest again",
  );
}

function tooLarge(what: string, limit: number): InfieldError {
  return new InfieldError(
    "limit-exceeded",
    `${what} is over the limit of ${limit}`,
    "split the tree into two channels",
  );
}

/** The same tree as format 1 says it: every name a file of its own, and no attributes. */
export function toFormat1({ entries }: Manifest): Manifest {
  const files = new Map(
    entries.flatMap((entry): [string, FileEntry][] =>
      entry.kind === "file" ? [[entry.path, entry]] : [],
    ),
  );
  const plain = entries.flatMap((entry): InodeEntry[] => {
    if (entry.kind !== "hard-link") return [entry];
    const file = files.get(entry.target);
    return file === undefined ? [] : [{ ...file, path: entry.path }];
  });
  return { entries: plain.map(({ mtime: _, xattrs: __, ...entry }) => entry) };
}
