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

/** Mends the entries of one tree. */
export interface Mender {
  /**
   * Puts what the manifest says at its path; false when no source has its bytes, or when a
   * directory is in the place of a file, or the other way round, and may not be taken away. Throws
   * `no-space`, `io-failed`.
   */
  put(entry: Entry): Promise<boolean>;
  /** Takes away what does not belong at a path. */
  remove(path: string): Promise<void>;
  /**
   * The last step: directories that were made, opened or wrong get their modes and owners, children
   * first.
   */
  finish(): Promise<void>;
}

/** A directory to be finished; the tree's own folder has no entry. */
type Directory = Omit<DirEntry, "kind">;
const treeFolder: Directory = { path: "", mode: 0o755, uid: 0, gid: 0 };

/**
 * A mender of the tree in `tree`, which its manifest describes. `mayRemove`: what is of another
 * kind than it should be may be taken away, though somebody's work may be in it.
 */
export function createMender(
  layout: Layout,
  tree: string,
  { entries }: Manifest,
  sources: readonly ContentSource[],
  mayRemove: boolean,
): Mender {
  const directories = new Map(
    entries.flatMap((entry): [string, DirEntry][] =>
      entry.kind === "dir" ? [[entry.path, entry]] : [],
    ),
  );
  // Where every owner is 0:0, whoever installs owns it; and nobody but root can give files away.
  const isRoot = process.getuid?.() === 0;
  const owned =
    isRoot && entries.some((entry) => isInode(entry) && (entry.uid !== 0 || entry.gid !== 0));
  const unfinished = new Map<string, Directory>();
  const fullPath = (path: string) => join(tree, path);

  function parentOf(path: string): Directory {
    return directories.get(dirname(path)) ?? treeFolder;
  }

  /** What nobody but root could write to is opened for its owner meanwhile. */
  async function openParent(path: string): Promise<void> {
    if (isRoot) return;
    const parent = parentOf(path);
    const { mode } = await lstat(fullPath(parent.path));
    if ((mode & 0o700) === 0o700) return;
    unfinished.set(parent.path, parent);
    await chmod(fullPath(parent.path), (mode & 0o7777) | 0o700);
  }

  async function place(path: string, made: string): Promise<boolean> {
    const full = fullPath(path);
    const [there, isDirectory] = [await kindAt(full), (await kindAt(made)) === "directory"];
    // A rename replaces no directory, and a directory replaces nothing.
    const isInTheWay = there !== undefined && (isDirectory || there === "directory");
    if (isInTheWay && !mayRemove) return false;
    await openParent(path);
    if (isInTheWay) await discard(layout, full);
    await rename(made, full);
    // Prevents: after a crash the directory still names what was wrong, though it was told to be
    // mended.
    await syncPath(dirname(full));
    return true;
  }

  async function putFile(entry: FileEntry): Promise<boolean> {
    const made = await makeFile(
      layout,
      entry,
      [ownBytes(fullPath(entry.path)), ...sources],
      async (handle) => {
        if (owned) await handle.chown(entry.uid, entry.gid);
        if (entry.xattrs === undefined) await handle.chmod(entry.mode);
      },
    );
    if (made === undefined) return false;
    await setAttributes(made, entry);
    return place(entry.path, made);
  }

  /** Another name of a file that is there, or comes before it. */
  async function putHardLink({ path, target }: HardLinkEntry): Promise<boolean> {
    const made = await stagedPath(layout);
    await link(fullPath(target), made);
    return place(path, made);
  }

  async function putLink(entry: LinkEntry): Promise<boolean> {
    const made = await stagedPath(layout);
    await symlink(entry.target, made);
    if (owned) await lchown(made, entry.uid, entry.gid);
    await setAttributes(made, entry);
    return place(entry.path, made);
  }

  /**
   * A directory that is one stays the same: names of a tree are in it, and it is shared with
   * nobody.
   */
  async function putDirectory(entry: DirEntry): Promise<boolean> {
    const full = fullPath(entry.path);
    if ((await kindAt(full)) === "directory") {
      await openParent(entry.path);
      await chmod(full, 0o700 | entry.mode);
    } else {
      const made = await stagedPath(layout);
      await mkdir(made, { mode: 0o700 });
      if (!(await place(entry.path, made))) return false;
    }
    unfinished.set(entry.path, entry);
    return true;
  }

  function putEntry(entry: Entry): Promise<boolean> {
    switch (entry.kind) {
      case "file":
        return putFile(entry);
      case "hard-link":
        return putHardLink(entry);
      case "link":
        return putLink(entry);
      case "dir":
        return putDirectory(entry);
    }
  }

  return {
    async put(entry) {
      try {
        return await putEntry(entry);
      } catch (error) {
        throw toIoError(error, `mend ${JSON.stringify(fullPath(entry.path))}`);
      }
    },
    async remove(path) {
      try {
        await openParent(path);
        await discard(layout, fullPath(path));
        // Prevents: what did not belong there is back after a crash.
        await syncPath(dirname(fullPath(path)));
      } catch (error) {
        throw toIoError(error, `remove ${JSON.stringify(fullPath(path))}`);
      }
    },
    async finish() {
      const deepestFirst = [...unfinished.values()].sort((a, b) => b.path.length - a.path.length);
      for (const directory of deepestFirst)
        await finishDirectory(fullPath(directory.path), directory, owned);
      unfinished.clear();
    },
  };
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

/**
 * The mode needs the directory's own fsync, which needs it open: a mode may keep its owner from
 * opening it afterwards.
 */
async function finishDirectory(full: string, directory: Directory, owned: boolean): Promise<void> {
  try {
    const handle = await open(
      full,
      constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
    );
    try {
      if (owned) await handle.chown(directory.uid, directory.gid);
      if (directory.xattrs !== undefined)
        await writeXattrs(dirname(full), [{ ...directory, kind: "dir", path: basename(full) }]);
      await handle.chmod(directory.mode);
      if (directory.mtime !== undefined) await handle.utimes(directory.mtime, directory.mtime);
      // Prevents: a directory that is as open after a crash as it was while things were put into
      // it.
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toIoError(error, `mend ${JSON.stringify(full)}`);
  }
}
