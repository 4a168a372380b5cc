/**
 * An entry as text. Its first line is `d MODE UID:GID PATH`, `f MODE UID:GID SIZE SHA256 PATH`,
 * `h PATH -> TARGET` or `l UID:GID PATH -> TARGET`; lines of its attributes follow, each after a
 * space: ` t SECONDS`, ` x NAME VALUE`. Control characters and `%` are percent-escaped; so is every
 * space in what stands before " -> ", where it would be ambiguous.
 */
import type { Entry, FileEntry, InodeEntry, Xattr } from "./entry.ts";
import { escapeName, escapeWord, unescapeName } from "./escape.ts";
import { invalidTargetReason } from "./path.ts";
import { formatXattr, parseXattr } from "./xattr.ts";

/** All lines of an entry, without the last line break. */
export function formatEntry(entry: Entry): string {
  const line = formatLine(entry);
  return hasAttributeLines(entry) ? [line, ...attributeLines(entry)].join("\n") : line;
}

/** True where an entry takes more than one line. */
function hasAttributeLines(entry: Entry): entry is InodeEntry {
  return entry.kind !== "hard-link" && (entry.mtime !== undefined || entry.xattrs !== undefined);
}

/** True where an entry needs format 2 of the manifest. */
export function needsFormat2(entry: Entry): boolean {
  return entry.kind === "hard-link" || hasAttributeLines(entry);
}

function formatLine(entry: Entry): string {
  switch (entry.kind) {
    case "dir":
      return `d ${octal(entry.mode)} ${ownerOf(entry)} ${escapeName(entry.path)}`;
    case "file":
      return `f ${octal(entry.mode)} ${ownerOf(entry)} ${entry.size} ${entry.sha256} ${escapeName(entry.path)}`;
    case "hard-link":
      return `h ${escapeWord(entry.path)} -> ${escapeName(entry.target)}`;
    case "link":
      return `l ${ownerOf(entry)} ${escapeWord(entry.path)} -> ${escapeName(entry.target)}`;
  }
}

function ownerOf({ uid, gid }: InodeEntry): string {
  return `${uid}:${gid}`;
}

function attributeLines(entry: InodeEntry): string[] {
  return [
    ...(entry.mtime === undefined ? [] : [` t ${entry.mtime}`]),
    ...(entry.xattrs ?? []).map(formatXattr),
  ];
}

// `[^ ]` and not `\S`: a no-break or ideographic space is part of a name like any other character.
const DIRECTORY = /^d ([0-7]{4}) (\d{1,10}):(\d{1,10}) (.+)$/su;
const FILE = /^f ([0-7]{4}) (\d{1,10}):(\d{1,10}) (\d{1,10}) ([^ ]{1,64}) (.+)$/su;
const SYMLINK = /^l (\d{1,10}):(\d{1,10}) ([^ ]+) -> (.+)$/su;
const HARD_LINK = /^h ([^ ]+) -> (.+)$/su;
const MAX_ID = 0xffff_ffff;

/**
 * The entry of its lines, or undefined. Says nothing of whether the path is allowed, nor of whether
 * the text is canonical.
 */
export function parseEntry([line = "", ...more]: readonly string[]): Entry | undefined {
  const entry = line.startsWith("h ") ? parseHardLink(line) : parseLine(line);
  if (entry === undefined || more.length === 0) return entry;
  return entry.kind === "hard-link" ? undefined : addAttributes(entry, more);
}

function addAttributes(entry: InodeEntry, lines: readonly string[]): InodeEntry | undefined {
  const rest = [...lines];
  const [, seconds] = /^ t (-?\d{1,12})$/.exec(rest[0] ?? "") ?? [];
  if (seconds !== undefined) rest.shift();
  const xattrs = rest.map(parseXattr);
  if (!xattrs.every((xattr): xattr is Xattr => xattr !== undefined)) return undefined;
  return {
    ...entry,
    ...(seconds !== undefined && { mtime: Number(seconds) }),
    ...(xattrs.length > 0 && { xattrs }),
  };
}

function parseHardLink(line: string): Entry | undefined {
  const [, escapedPath = "", escapedTarget = ""] = HARD_LINK.exec(line) ?? [];
  const [path, target] = [unescapeName(escapedPath), unescapeName(escapedTarget)];
  return path && target ? { kind: "hard-link", path, target } : undefined;
}

function parseLine(line: string): InodeEntry | undefined {
  const entry = parseDirectory(line) ?? parseFile(line) ?? parseSymlink(line);
  return entry && entry.uid <= MAX_ID && entry.gid <= MAX_ID && entry.path !== ""
    ? entry
    : undefined;
}

function parseDirectory(line: string): InodeEntry | undefined {
  const [, mode, uid, gid, path] = DIRECTORY.exec(line) ?? [];
  if (mode === undefined) return undefined;
  return { kind: "dir", ...named(path), ...owners(uid, gid), mode: Number.parseInt(mode, 8) };
}

function parseFile(line: string): InodeEntry | undefined {
  const [, mode, uid, gid, size, sha256, path] = FILE.exec(line) ?? [];
  if (mode === undefined || sha256 === undefined) return undefined;
  const attributes = { mode: Number.parseInt(mode, 8), size: Number(size), sha256 };
  return { kind: "file", ...named(path), ...owners(uid, gid), ...attributes } satisfies FileEntry;
}

function parseSymlink(line: string): InodeEntry | undefined {
  const [, uid, gid, path, escapedTarget = ""] = SYMLINK.exec(line) ?? [];
  if (path === undefined) return undefined;
  const target = unescapeName(escapedTarget);
  if (target === undefined || invalidTargetReason(target)) return undefined;
  return { kind: "link", ...named(path), ...owners(uid, gid), target };
}

function owners(uid: string | undefined, gid: string | undefined): { uid: number; gid: number } {
  return { uid: Number(uid), gid: Number(gid) };
}

/** An empty path, which no entry has, where the name is escaped in a way that is not canonical. */
function named(escaped = ""): { path: string } {
  return { path: unescapeName(escaped) ?? "" };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
