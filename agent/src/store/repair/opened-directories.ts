/**
 * Directories of a tree that is being mended: those nobody but root could write to are opened for
 * their owner, and all that were opened or made get their own modes and owners at the end.
 */
import { constants } from "node:fs";
import { chmod, lstat, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DirEntry, Manifest } from "@infield/shared/tree";
import { toIoError } from "../../host/io-error.ts";
import { writeXattrs } from "../../tree/xattr-tools.ts";

/** The tree's own folder has no entry. */
type Directory = Omit<DirEntry, "kind">;
const treeFolder: Directory = { path: "", mode: 0o755, uid: 0, gid: 0 };

export class OpenedDirectories {
  readonly #tree: string;
  readonly #owned: boolean;
  readonly #listed: ReadonlyMap<string, Directory>;
  readonly #unfinished = new Map<string, Directory>();

  /** `owned`: directories are given to the owners that the manifest of `tree` names. */
  constructor(tree: string, { entries }: Manifest, owned: boolean) {
    this.#tree = tree;
    this.#owned = owned;
    const directories = entries.filter((entry) => entry.kind === "dir");
    this.#listed = new Map(directories.map((entry) => [entry.path, entry]));
  }

  /** Makes the directory that `path` lies in writable for its owner. */
  async openParent(path: string): Promise<void> {
    if (process.getuid?.() === 0) return;
    const parent = this.#listed.get(dirname(path)) ?? treeFolder;
    const full = join(this.#tree, parent.path);
    const { mode } = await lstat(full);
    if ((mode & 0o700) === 0o700) return;
    this.#unfinished.set(parent.path, parent);
    await chmod(full, (mode & 0o7777) | 0o700);
  }

  /** `finish` gives this one its mode and owner too. */
  add(entry: DirEntry): void {
    this.#unfinished.set(entry.path, entry);
  }

  /** The last step, children before their parents. Throws `io-failed`. */
  async finish(): Promise<void> {
    const deepestFirst = [...this.#unfinished.values()].sort(
      (a, b) => b.path.length - a.path.length,
    );
    for (const directory of deepestFirst)
      await finishDirectory(join(this.#tree, directory.path), directory, this.#owned);
    this.#unfinished.clear();
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
