/**
 * Files that did not change: cloned where the filesystem shares blocks, else hard-linked if the
 * store asked for it, else copied. Whatever the way, the bytes are read and hashed: a file that
 * somebody changed on the disk goes no further.
 */
import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  linkSync,
  lstatSync,
  rmSync,
} from "node:fs";
import type { FileEntry } from "@infield/shared/tree";
import { errorCode } from "../../host/file-source.ts";
import { type Hashed, stampOf } from "../../host/file-stamp.ts";
import { damagedBase } from "../codec-failure.ts";
import { openBaseFile, openForRead, readFully } from "./base-reader.ts";
import type { TreeWriter } from "./tree-writer.ts";

const CHUNK_BYTES = 256 * 1024;
/**
 * What says "not this way" of clones and links: filesystem, too many links, other disk, not
 * allowed.
 */
const NOT_THIS_WAY = new Set([
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "ENOTTY",
  "EINVAL",
  "EXDEV",
  "EMLINK",
  "EPERM",
  "EACCES",
]);

interface OldFile {
  /** Where it lies. */
  readonly path: string;
  /** What its manifest says of it; the name in messages. */
  readonly entry: FileEntry;
}

/** Puts old files into one output tree, and remembers whether its filesystem can clone. */
export class FileSharer {
  readonly #writer: TreeWriter;
  readonly #mayLink: boolean;
  /** Serves every file: an array for each would be garbage by the ten megabytes. */
  readonly #buffer = new Uint8Array(CHUNK_BYTES);
  readonly #linked = new Map<string, Hashed>();
  /** By where they lie. */
  readonly #hashedAhead = new Map<string, Hashed>();
  #canClone = true;

  constructor(writer: TreeWriter, mayLink: boolean) {
    this.#writer = writer;
    this.#mayLink = mayLink;
  }

  /** The hard links it made, by path: what was read of each, and the stamp it had then. */
  get linked(): ReadonlyMap<string, Hashed> {
    return this.#linked;
  }

  /**
   * Reads an old file before it is known whether the new tree wants it: linked, it is not read
   * again unless it was touched since. What is wrong with it is told by `share`, if it is wanted.
   */
  hashAhead(old: OldFile): void {
    try {
      const fd = openBaseFile(old.path, old.entry.path);
      try {
        const stamp = stampOf(fstatSync(fd, { bigint: true }));
        this.#hashedAhead.set(old.path, { stamp, sha256: this.#checkHash(fd, old.entry) });
      } finally {
        closeSync(fd);
      }
    } catch {}
  }

  /**
   * Makes `target` with the bytes of `old`, by a hard link only where `mayLink`. Throws
   * `wrong-base` when those are not what the manifest says.
   */
  share(old: OldFile, target: FileEntry, mayLink: boolean): void {
    const fd = openBaseFile(old.path, old.entry.path);
    try {
      if (this.#clone(old, target)) return;
      const isLinked = this.#mayLink && mayLink && this.#link(fd, old, target);
      if (!isLinked) this.#copy(fd, old, target);
    } finally {
      closeSync(fd);
    }
  }

  /** The clone is hashed, not what it came from: nothing can come between the two. */
  #clone(old: OldFile, target: FileEntry): boolean {
    if (!this.#canClone || target.size === 0) return false;
    this.#canClone = this.#writer.place(target, (path) => {
      const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE;
      if (!attempt(() => copyFileSync(old.path, path, flags))) {
        // Node takes the empty file away again, and does not say when it could not: the next way
        // would find a name that is taken.
        rmSync(path, { force: true });
        return false;
      }
      const fd = openForRead(path);
      try {
        this.#checkHash(fd, old.entry);
      } finally {
        closeSync(fd);
      }
      return true;
    });
    if (this.#canClone) this.#writer.finishClone(target);
    return this.#canClone;
  }

  /**
   * A link shares owner and mode too, so these must be right on the disk already, not only in its
   * manifest. The hash is checked before the name exists.
   */
  #link(fd: number, old: OldFile, target: FileEntry): boolean {
    const before = fstatSync(fd, { bigint: true });
    if (!hasAttributes(before, target)) return false;
    const { stamp, sha256 } = this.#hashedAhead.get(old.path) ?? {};
    const isKnown = stamp === stampOf(before) && sha256 === old.entry.sha256;
    const hashed = isKnown ? sha256 : this.#checkHash(fd, old.entry);
    return this.#writer.place(target, (path) => {
      if (!attempt(() => linkSync(old.path, path))) return false;
      const now = lstatSync(path, { bigint: true });
      // Another file took the name between hashing and linking, or somebody wrote to this one. A
      // link changes the ctime.
      if (stampOf({ ...now, ctimeNs: before.ctimeNs }) !== stampOf(before))
        throw damagedBase(old.entry.path);
      this.#linked.set(target.path, { stamp: stampOf(now), sha256: hashed });
      return true;
    });
  }

  #copy(fd: number, old: OldFile, target: FileEntry): void {
    this.#writer.makeFile(target, (file) =>
      this.#checkHash(fd, old.entry, (chunk) => file.write(chunk)),
    );
  }

  /**
   * Reads a file to its end, handing on every chunk; gives its hash. Throws `wrong-base` when it is
   * not that of `entry`.
   */
  #checkHash(
    fd: number,
    entry: FileEntry,
    onChunk: (chunk: Uint8Array) => void = () => {},
  ): string {
    const hash = createHash("sha256");
    let position = 0;
    for (;;) {
      const chunk = this.#buffer.subarray(0, readFully(fd, this.#buffer, position));
      if (chunk.length === 0) break;
      position += chunk.length;
      if (position > entry.size) throw damagedBase(entry.path);
      hash.update(chunk);
      onChunk(chunk);
    }
    const sha256 = hash.digest("hex");
    if (sha256 !== entry.sha256) throw damagedBase(entry.path);
    return sha256;
  }
}

/** True when it worked, false when this is not the way to do it here; other failures are thrown. */
function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (NOT_THIS_WAY.has(errorCode(error) ?? "")) return false;
    throw error;
  }
}

function hasAttributes(stats: BigIntStats, target: FileEntry): boolean {
  const [uid, gid] = [Number(stats.uid), Number(stats.gid)];
  const whoever = target.uid === 0 && target.gid === 0;
  const owned = whoever ? uid === process.getuid?.() : uid === target.uid && gid === target.gid;
  return owned && (Number(stats.mode) & 0o7777) === target.mode;
}
