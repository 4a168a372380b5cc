/**
 * Putting one path of a snapshot right. Never in place, as an inode may be shared with other
 * versions: what is right is made in staging/, hashed, made durable and renamed over what is wrong.
 * Killed anywhere, the path is as wrong as before, or right.
 */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  chmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  rename,
  symlink,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  type DirEntry,
  type Entry,
  type FileEntry,
  type HardLinkEntry,
  isInode,
  type LinkEntry,
  type Manifest,
} from "@infield/shared/tree";
import { removeTree, syncPath } from "../../host/durable.ts";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { writeXattrs } from "../../tree/xattr-tools.ts";
import type { Layout } from "../root/layout.ts";
import { makeFolder } from "../root/repository.ts";
import type { ContentSource } from "../snapshot/content.ts";
import { makeFile, stagedPath } from "../write/staged-file.ts";
import { OpenedDirectories } from "./opened-directories.ts";

interface MenderOptions {
  readonly layout: Layout;
  /** The folder of the tree that `manifest` describes. */
  readonly tree: string;
  readonly manifest: Manifest;
  readonly sources: readonly ContentSource[];
  /**
   * What is of another kind than it should be may be taken away, though somebody's work may be in
   * it.
   */
  readonly mayRemove: boolean;
}

/** Mends the entries of one tree. */
export class Mender {
  readonly #options: MenderOptions;
  readonly #owned: boolean;
  readonly #directories: OpenedDirectories;

  constructor(options: MenderOptions) {
    const { tree, manifest } = options;
    this.#options = options;
    this.#owned = namesOwners(manifest) && process.getuid?.() === 0;
    this.#directories = new OpenedDirectories(tree, manifest, this.#owned);
  }

  /**
   * Puts what the manifest says at its path; false when no source has its bytes, or when a
   * directory is in the place of a file, or the other way round, and may not be taken away. Throws
   * `no-space`, `io-failed`.
   */
  async put(entry: Entry): Promise<boolean> {
    try {
      return await this.#putEntry(entry);
    } catch (error) {
      throw toIoError(error, `mend ${JSON.stringify(this.#pathOf(entry.path))}`);
    }
  }

  /** Takes away what does not belong at a path. */
  async remove(path: string): Promise<void> {
    const full = this.#pathOf(path);
    try {
      await this.#directories.openParent(path);
      await discard(this.#options.layout, full);
      // Prevents: what did not belong there is back after a crash.
      await syncPath(dirname(full));
    } catch (error) {
      throw toIoError(error, `remove ${JSON.stringify(full)}`);
    }
  }

  /** The last step: directories that were made, opened or wrong get their modes and owners. */
  finish(): Promise<void> {
    return this.#directories.finish();
  }

  #putEntry(entry: Entry): Promise<boolean> {
    switch (entry.kind) {
      case "file":
        return this.#putFile(entry);
      case "hard-link":
        return this.#putHardLink(entry);
      case "link":
        return this.#putLink(entry);
      case "dir":
        return this.#putDirectory(entry);
    }
  }

  async #putFile(entry: FileEntry): Promise<boolean> {
    const { layout, sources } = this.#options;
    const ways = [ownBytes(this.#pathOf(entry.path)), ...sources];
    const made = await makeFile(layout, entry, ways, async (handle) => {
      if (this.#owned) await handle.chown(entry.uid, entry.gid);
      if (entry.xattrs === undefined) await handle.chmod(entry.mode);
    });
    if (made === undefined) return false;
    await setAttributes(made, entry);
    return this.#place(entry.path, made);
  }

  /** Another name of a file that is there, or comes before it. */
  async #putHardLink({ path, target }: HardLinkEntry): Promise<boolean> {
    const made = await stagedPath(this.#options.layout);
    await link(this.#pathOf(target), made);
    return this.#place(path, made);
  }

  async #putLink(entry: LinkEntry): Promise<boolean> {
    const made = await stagedPath(this.#options.layout);
    await symlink(entry.target, made);
    if (this.#owned) await lchown(made, entry.uid, entry.gid);
    await setAttributes(made, entry);
    return this.#place(entry.path, made);
  }

  /**
   * A directory that is one stays the same: names of a tree are in it, and it is shared with
   * nobody.
   */
  async #putDirectory(entry: DirEntry): Promise<boolean> {
    const full = this.#pathOf(entry.path);
    if ((await kindAt(full)) === "directory") {
      await this.#directories.openParent(entry.path);
      await chmod(full, 0o700 | entry.mode);
    } else {
      const made = await stagedPath(this.#options.layout);
      await mkdir(made, { mode: 0o700 });
      if (!(await this.#place(entry.path, made))) return false;
    }
    this.#directories.add(entry);
    return true;
  }

  /** Renames what was made to its path; false when something in the way has to stay. */
  async #place(path: string, made: string): Promise<boolean> {
    const { layout, mayRemove } = this.#options;
    const full = this.#pathOf(path);
    const [there, isDirectory] = [await kindAt(full), (await kindAt(made)) === "directory"];
    // A rename replaces no directory, and a directory replaces nothing.
    const isInTheWay = there !== undefined && (isDirectory || there === "directory");
    if (isInTheWay && !mayRemove) return false;
    await this.#directories.openParent(path);
    if (isInTheWay) await discard(layout, full);
    await rename(made, full);
    // Prevents: after a crash the directory still names what was wrong, though it was told to be
    // mended.
    await syncPath(dirname(full));
    return true;
  }

  #pathOf(path: string): string {
    return join(this.#options.tree, path);
  }
}

/** Where every owner is 0:0, whoever installs owns it. */
function namesOwners({ entries }: Manifest): boolean {
  return entries.some((entry) => isInode(entry) && (entry.uid !== 0 || entry.gid !== 0));
}

/** A file whose mode or owner is wrong has the right bytes itself. */
function ownBytes(path: string): ContentSource {
  return {
    waysTo: async () => [
      async function* () {
        const handle = await open(
          path,
          constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
        );
        if ((await handle.stat()).isFile()) yield* handle.createReadStream();
        else await handle.close();
      },
    ],
  };
}

/** What a new file or link has besides owner and mode; what has attributes gets its mode here. */
async function setAttributes(made: string, entry: FileEntry | LinkEntry): Promise<void> {
  if (entry.xattrs !== undefined) {
    await writeXattrs(dirname(made), [{ ...entry, path: basename(made) }]);
    if (entry.kind === "file") await chmod(made, entry.mode);
  }
  if (entry.mtime !== undefined) await lutimes(made, entry.mtime, entry.mtime);
  // Prevents: a file that is there after a crash without its capabilities.
  if (entry.kind === "file" && (entry.xattrs ?? entry.mtime) !== undefined) await syncPath(made);
}

/** By one rename, so that half of a directory is never found in its place. */
async function discard({ trash }: Layout, full: string): Promise<void> {
  const gone = join(trash, randomUUID());
  await makeFolder(trash);
  try {
    await rename(full, gone);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    // A directory that its owner may not write to cannot be moved, as its `..` changes (rename(2)).
    if (errorCode(error) !== "EACCES") throw error;
    await chmod(full, 0o700);
    await rename(full, gone);
  }
  await removeTree(gone);
}

/** Undefined where nothing is. */
async function kindAt(full: string): Promise<"directory" | "other" | undefined> {
  try {
    return (await lstat(full)).isDirectory() ? "directory" : "other";
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
