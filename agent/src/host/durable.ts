/**
 * What it takes for bytes to survive a power cut: a file's content needs its own fsync, its name
 * needs its directory's, and a name changes from old to new only by rename (rename(2), fsync(2)). A
 * failed fsync is never tried again: the kernel may have dropped the bytes and would then report
 * success.
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, constants, fsync, lstatSync, openSync } from "node:fs";
import { chmod, link, lstat, open, opendir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { forEachConcurrently } from "@infield/shared/base";
import { errorCode } from "./file-source.ts";
import { toIoError } from "./io-error.ts";

/** Fsyncs under way at a time: a journal commits them together, and Node has four I/O threads. */
const SYNC_LANES = 4;

const sync = promisify(fsync);
const run = promisify(execFile);

/**
 * Makes the content of a file durable, or the names in a directory. Only what waits for the disk is
 * asynchronous.
 */
export async function syncPath(path: string): Promise<void> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await sync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Replaces a file, whole or not at all, durably. The temporary name is fixed: what a crash leaves
 * is overwritten the next time. Throws `no-space`, `io-failed`.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  try {
    await rm(temporary, { force: true });
    await writeDurably(temporary, content, mode);
    await rename(temporary, path);
    // Prevents: after a crash the directory still names the old file, though the caller went on as
    // if it were replaced.
    await syncPath(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw toIoError(error, `write ${JSON.stringify(path)}`);
  }
}

/**
 * Creates a file, whole or not at all, durably; of several processes that do so at once, one does.
 * False, and nothing changed, when the name is taken. Throws `no-space`, `io-failed`.
 */
export async function createFile(path: string, content: string | Uint8Array): Promise<boolean> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.new`);
  try {
    await writeDurably(temporary, content, 0o644);
    if (!(await takeName(temporary, path))) return false;
    // Prevents: a file that is told to be there, and whose name a crash takes away.
    await syncPath(dirname(path));
    return true;
  } catch (error) {
    throw toIoError(error, `write ${JSON.stringify(path)}`);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** Filesystems of sticks (FAT, exFAT) have no hard links. */
const NO_HARD_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** By a hard link, which unlike a rename never replaces what is there. */
async function takeName(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "EEXIST") return false;
    if (code === undefined || !NO_HARD_LINKS.has(code)) throw error;
    if ((await lstat(path).catch(() => undefined)) !== undefined) return false;
    await rename(temporary, path);
    return true;
  }
}

/**
 * Writes a new file and makes its content durable; its name is not until its directory is synced.
 */
async function writeDurably(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<void> {
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await handle.writeFile(content);
    // Prevents: after a crash the name is there and the file is empty or cut, as names may reach
    // the disk before bytes.
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * So many files take longer to sync one by one than a process takes that syncs their filesystem
 * first.
 */
const MANY_FILES = 64;

/** Paths of one filesystem that a crash could still take. */
interface UnsyncedPaths {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

/**
 * Makes paths durable that nothing leads to yet: first what files hold, then the names. In which
 * order within these does not matter, as a crash before the end leaves what is dropped.
 */
export async function syncPaths({ files, directories }: UnsyncedPaths): Promise<void> {
  if (files.length >= MANY_FILES) await hurryFilesystem(files[0] ?? "");
  // Prevents: a snapshot whose files are there by name but hold zeros.
  await forEachConcurrently(files, SYNC_LANES, syncPath);
  // Prevents: a snapshot that lacks files.
  await forEachConcurrently(directories, SYNC_LANES, syncPath);
}

/**
 * Has the filesystem write in one go what the fsyncs would have written file by file, each with a
 * commit of the journal. They come all the same: they alone say whether it was written, and there
 * are systems without this command.
 */
async function hurryFilesystem(path: string): Promise<void> {
  await run("sync", ["-f", path]).catch(() => {});
}

/**
 * Makes a whole tree durable, whatever is in it. A file with more than one name was hard-linked
 * from a snapshot that is durable already; only its new name needs its directory's fsync.
 */
export async function syncTree(folder: string): Promise<void> {
  const directories = [folder];
  const files: string[] = [];
  for (const directory of directories) {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) directories.push(path);
      // Not a promise for each of a system's thousands of files, which costs ten times what the
      // call itself does.
      else if (entry.isFile() && lstatSync(path).nlink === 1) files.push(path);
    }
  }
  await syncPaths({ files, directories });
}

/**
 * Removes a tree whatever its directories' modes are; links are removed, not followed. Fine when
 * there is none.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (errorCode(error) !== "EACCES" && errorCode(error) !== "ENOTEMPTY")
      throw toIoError(error, `remove ${JSON.stringify(path)}`);
    await unlockDirectories(path);
    await rm(path, { recursive: true, force: true }).catch((again: unknown) => {
      throw toIoError(again, `remove ${JSON.stringify(path)}`);
    });
  }
}

/**
 * A tree may hold directories its own owner cannot write to (0555, 0000), and then nothing in them
 * can be removed.
 */
async function unlockDirectories(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for await (const entry of await opendir(path)) {
    if (entry.isDirectory()) await unlockDirectories(join(path, entry.name));
  }
}
