/**
 * The manifest: the canonical text of a tree, and the only thing a tree id is computed from
 * (docs/formats.md, "Manifest"). One tree has exactly one manifest, so whatever is not in canonical
 * form is refused rather than repaired.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { fromUtf8, toHex, utf8 } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { MAX_ENTRIES, MAX_FILE_BYTES, MAX_MANIFEST_BYTES, MAX_TREE_BYTES } from "../base/limits.ts";
import type { Entry, FileEntry } from "./entry.ts";
import { formatLine, parseLine } from "./manifest-line.ts";
import { comparePaths, invalidPathReason, invalidTargetReason, pathError } from "./path.ts";

/** Entries sorted by the UTF-8 bytes of their paths; the root itself is not listed. */
export interface Manifest {
  readonly entries: readonly Entry[];
}

export const EMPTY_MANIFEST: Manifest = { entries: [] };
const FIRST_LINE = "infield-tree 1";
const HEX_SHA256 = /^[0-9a-f]{64}$/;
/** Owners are 32 bits on Linux; modes are the permission bits with setuid, setgid and sticky. */
const MAX_ID = 0xffff_ffff;
const MAX_MODE = 0o7777;

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
  const lines = [FIRST_LINE, ...manifest.entries.map(formatLine), ""];
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
  if (lines.shift() !== FIRST_LINE) throw invalid(1, `is not "${FIRST_LINE}"`);
  if (lines.pop() !== "") throw invalid(lines.length + 2, "does not end with a line break");
  const entries = lines.map((line, i) => {
    const entry = parseLine(line);
    if (entry === undefined || formatLine(entry) !== line)
      throw invalid(i + 2, "is not a canonical entry");
    return entry;
  });
  checkEntries(entries, hashes);
  return { entries };
}

/** The tree id: SHA-256 of the manifest's bytes, as 64 hex digits. */
export function treeId(manifest: Manifest): string {
  return toHex(sha256(formatManifest(manifest)));
}

/** Files in manifest order: a file's index in this list is how deltas name it. */
export function filesOf(manifest: Manifest): FileEntry[] {
  return manifest.entries.filter((entry): entry is FileEntry => entry.kind === "file");
}

/** Sum of the sizes of all files, in bytes. */
export function treeBytes(manifest: Manifest): number {
  return filesOf(manifest).reduce((total, file) => total + file.size, 0);
}

/**
 * True when installing needs root and `--system`: setuid or setgid files, or owners other than 0:0
 * (whoever installs).
 */
export function needsSystem(manifest: Manifest): boolean {
  return manifest.entries.some(
    (entry) =>
      entry.uid !== 0 || entry.gid !== 0 || (entry.kind === "file" && (entry.mode & 0o6000) !== 0),
  );
}

function checkEntries(entries: readonly Entry[], hashes: RegExp): void {
  if (entries.length > MAX_ENTRIES)
    throw tooLarge(`a tree of ${entries.length} entries`, MAX_ENTRIES);
  const directories = new Set<string>([""]);
  let previous: string | undefined;
  let bytes = 0;
  for (const entry of entries) {
    checkPath(entry.path, previous, directories);
    previous = entry.path;
    const reason = invalidFieldReason(entry, hashes);
    if (reason !== undefined) throw pathError(entry.path, reason);
    if (entry.kind === "dir") directories.add(entry.path);
    if (entry.kind === "file") bytes += checkSize(entry);
  }
  if (bytes > MAX_TREE_BYTES) throw tooLarge(`a tree of ${bytes} bytes`, MAX_TREE_BYTES);
}

/**
 * What the grammar of a line could not write, or would write so that it does not read back as the
 * same entry.
 */
function invalidFieldReason(entry: Entry, hashes: RegExp): string | undefined {
  if (!isWhole(entry.uid, MAX_ID) || !isWhole(entry.gid, MAX_ID)) return "has no valid owner";
  if (entry.kind === "link") return invalidTargetReason(entry.target);
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
