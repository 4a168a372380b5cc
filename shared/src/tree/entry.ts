/**
 * What a tree holds: directories, files, further names of files, and symbolic links, each at its
 * path.
 */

/** An extended attribute (xattr(7)). */
export interface Xattr {
  /** With its namespace: `security.capability`. */
  readonly name: string;
  /** Canonical base64, as the manifest has it; empty for an empty value. */
  readonly value: string;
}

/** What an inode has besides its content. */
export interface Attributes {
  readonly uid: number;
  readonly gid: number;
  /**
   * When its content was last changed: whole seconds since 1970. Only where the volunteer asked for
   * times.
   */
  readonly mtime?: number;
  /** Sorted by the bytes of their names; left out where there are none. */
  readonly xattrs?: readonly Xattr[];
}

interface Placed {
  readonly path: string;
}
export interface DirEntry extends Placed, Attributes {
  readonly kind: "dir";
  /** Permission bits with setuid, setgid and sticky: 0 … 0o7777. */
  readonly mode: number;
}
export interface FileEntry extends Placed, Attributes {
  readonly kind: "file";
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** 64 lower-case hex digits. In a skeleton (delta/skeleton.ts) a mark that stands for them. */
  readonly sha256: string;
}
/** One more name of a file; all it has is the file's. */
export interface HardLinkEntry extends Placed {
  readonly kind: "hard-link";
  /** The path of the file's entry: the first of its names in the order of paths. */
  readonly target: string;
}
export interface LinkEntry extends Placed, Attributes {
  readonly kind: "link";
  /** What the link says, never followed: any bytes of valid UTF-8 but NUL. */
  readonly target: string;
}
export type Entry = DirEntry | FileEntry | HardLinkEntry | LinkEntry;

/** Those that are made anew, and not a name of what is there. */
export type InodeEntry = Exclude<Entry, HardLinkEntry>;

export function isInode(entry: Entry): entry is InodeEntry {
  return entry.kind !== "hard-link";
}
