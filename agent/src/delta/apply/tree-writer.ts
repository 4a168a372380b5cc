/**
 * Makes the entries of a tree inside a folder that this program has just made. Nothing is followed:
 * parents are directories made here with mode 0700, files and links are created where nothing was,
 * and the modes of directories come last, children first, so that a read-only directory can still
 * be filled.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import {
  type DirEntry,
  type Entry,
  type FileEntry,
  type HardLinkEntry,
  type InodeEntry,
  isInode,
  type LinkEntry,
} from "@infield/shared/tree";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";

/** What a file has until it is complete. */
const OPEN_MODE = 0o600;

export class TreeWriter {
  readonly #out: string;
  readonly #mayChown = process.getuid?.() === 0;

  /** `out` must be an empty folder of this process's own. */
  constructor(out: string) {
    this.#out = out;
  }

  pathOf(entry: Entry): string {
    return join(this.#out, entry.path);
  }

  makeDirectory(entry: DirEntry): void {
    this.#create(entry, (path) => mkdirSync(path, 0o700));
  }

  makeLink(entry: LinkEntry): void {
    this.#create(entry, (path) => {
      symlinkSync(entry.target, path);
      if (this.#isForeign(entry)) lchownSync(path, entry.uid, entry.gid);
    });
  }

  /**
   * Creates a file, has `fill` write it and sets owner and mode, in this order: setuid must never
   * meet the wrong owner, and a change of owner takes capabilities away. A file with attributes
   * gets its mode when it has them (`finish`).
   */
  makeFile(entry: FileEntry, fill: (file: HoleWriter) => void): void {
    this.#create(entry, (path) => {
      const flags =
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const fd = openSync(path, flags, OPEN_MODE);
      try {
        const file = new HoleWriter(fd);
        fill(file);
        file.end();
        if (this.#isForeign(entry)) fchownSync(fd, entry.uid, entry.gid);
        if (entry.xattrs === undefined) fchmodSync(fd, entry.mode);
      } finally {
        closeSync(fd);
      }
    });
  }

  /** Has `create` put a file at the entry's path by another way, such as a hard link. */
  place<T>(entry: FileEntry, create: (path: string) => T): T {
    return this.#create(entry, create);
  }

  /**
   * Gives a file that `place` made by cloning its owner and mode; never called for a hard link,
   * whose inode is shared.
   */
  finishClone(entry: FileEntry): void {
    const path = this.pathOf(entry);
    if (this.#isForeign(entry)) lchownSync(path, entry.uid, entry.gid);
    chmodSync(path, entry.xattrs === undefined ? entry.mode : OPEN_MODE);
  }

  /** Gives a file of the tree one more name. */
  makeHardLink(entry: HardLinkEntry): void {
    this.#create(entry, (path) => linkSync(join(this.#out, entry.target), path));
  }

  /**
   * The last step, once extended attributes are set: modes that would have kept its owner from
   * that, times, and directories, children before their parents. `entries` in manifest order,
   * without those that share an inode with another tree.
   */
  finish(entries: readonly Entry[]): void {
    for (const entry of [...entries].filter(isInode).reverse()) {
      const path = this.pathOf(entry);
      if (entry.kind === "dir" && this.#isForeign(entry)) lchownSync(path, entry.uid, entry.gid);
      if (entry.kind === "dir" || (entry.kind === "file" && entry.xattrs !== undefined))
        chmodSync(path, entry.mode);
      if (entry.mtime !== undefined) lutimesSync(path, entry.mtime, entry.mtime);
    }
    chmodSync(this.#out, 0o755);
  }

  /**
   * 0:0 means whoever installs. Without root nobody can give files away, so what was not refused
   * before is left as is.
   */
  #isForeign(entry: InodeEntry): boolean {
    return this.#mayChown && (entry.uid !== 0 || entry.gid !== 0);
  }

  #create<T>(entry: Entry, create: (path: string) => T): T {
    const path = this.pathOf(entry);
    try {
      return create(path);
    } catch (error) {
      // The folder was empty and no path is listed twice: only a filesystem that folds names can
      // have put something there.
      if (errorCode(error) === "EEXIST") throw caseTwins(entry.path);
      throw toIoError(error, `write ${JSON.stringify(path)}`);
    }
  }
}

/** Bytes of zeros that become a hole: what most filesystems leave out at once. */
const HOLE_BYTES = 64 * 1024;
const ZEROS = new Uint8Array(HOLE_BYTES);

/**
 * Writes a new file from its beginning to its end. Zeros are left as holes, which take no space and
 * read as the same bytes; `end` gives the file its size.
 */
export class HoleWriter {
  readonly #fd: number;
  #position = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += HOLE_BYTES) {
      const part = bytes.subarray(at, at + HOLE_BYTES);
      if (part.length < HOLE_BYTES || Buffer.compare(part, ZEROS) !== 0) this.#writeAll(part);
      this.#position += part.length;
    }
  }

  end(): void {
    ftruncateSync(this.#fd, this.#position);
  }

  #writeAll(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#position + done);
  }
}

function caseTwins(path: string): InfieldError {
  return new InfieldError(
    "case-twins",
    `the filesystem takes ${JSON.stringify(path)} and another name of the tree for the same`,
    "use a filesystem that tells upper and lower case apart",
  );
}
