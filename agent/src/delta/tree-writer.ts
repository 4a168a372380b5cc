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
  lchownSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import type { DirEntry, Entry, FileEntry, LinkEntry } from "@infield/shared/tree";
import { errorCode } from "../host/file-source.ts";
import { toIoError } from "../host/io-error.ts";

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
   * meet the wrong owner.
   */
  makeFile(entry: FileEntry, fill: (fd: number) => void): void {
    this.#create(entry, (path) => {
      const flags =
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const fd = openSync(path, flags, 0o600);
      try {
        fill(fd);
        if (this.#isForeign(entry)) fchownSync(fd, entry.uid, entry.gid);
        fchmodSync(fd, entry.mode);
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
    chmodSync(path, entry.mode);
  }

  /** The last step: directories get their modes, children before their parents. */
  finishDirectories(directories: readonly DirEntry[]): void {
    for (const entry of [...directories].reverse()) {
      const path = this.pathOf(entry);
      if (this.#isForeign(entry)) lchownSync(path, entry.uid, entry.gid);
      chmodSync(path, entry.mode);
    }
    chmodSync(this.#out, 0o755);
  }

  /**
   * 0:0 means whoever installs. Without root nobody can give files away, so what was not refused
   * before is left as is.
   */
  #isForeign(entry: Entry): boolean {
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

export function writeFully(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

function caseTwins(path: string): InfieldError {
  return new InfieldError(
    "case-twins",
    `the filesystem takes ${JSON.stringify(path)} and another name of the tree for the same`,
    "use a filesystem that tells upper and lower case apart",
  );
}
