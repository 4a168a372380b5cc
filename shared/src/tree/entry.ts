/** What a tree holds: directories, files and links, each at its path. */

interface Owned {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
}
export interface DirEntry extends Owned {
  readonly kind: "dir";
  /** Permission bits with setuid, setgid and sticky: 0 … 0o7777. */
  readonly mode: number;
}
export interface FileEntry extends Owned {
  readonly kind: "file";
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** 64 lower-case hex digits. In a skeleton (delta/skeleton.ts) a mark that stands for them. */
  readonly sha256: string;
}
export interface LinkEntry extends Owned {
  readonly kind: "link";
  /** What the link says, never followed: any bytes of valid UTF-8 but NUL. */
  readonly target: string;
}
export type Entry = DirEntry | FileEntry | LinkEntry;
