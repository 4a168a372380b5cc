/**
 * Ballast: a little of the disk that nobody else can fill. It goes overboard when a state write, a
 * switch or a rollback meets a full disk, so that a laptop can always go back, and is laid down
 * again when there is space.
 */
import { randomBytes } from "node:crypto";
import { lstat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { debug } from "../../host/debug.ts";
import { readFreeSpace } from "../../host/disk-space.ts";
import { removeTree } from "../../host/durable.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { makeFolder } from "./repository.ts";

const log = debug("store");

/**
 * Files, each with an inode that is free again with it: the lock, the new state, the new symlink
 * and the trash folder need one each, at the same time at the most.
 */
const BALLAST_FILES = 4;
/**
 * Bytes of each. All that a rollback writes are two states and a symlink, three blocks, and the
 * blocks of their directories; filesystems that copy on write (btrfs, xfs with its log) ask for
 * some hundred KiB more before they begin anything.
 */
const BALLAST_FILE_BYTES = 256 * 1024;
/** Bytes that ballast takes of a disk. */
export const BALLAST_BYTES = BALLAST_FILES * BALLAST_FILE_BYTES;
/**
 * Laid down only where so many times its own size is free: on a nearly full disk it would be in the
 * way of an update.
 */
const LAID_BELOW_SHARE = 4;

const ballastFiles = ({ ballast }: Layout): string[] =>
  Array.from({ length: BALLAST_FILES }, (_, number) => join(ballast, String(number)));

/**
 * Runs a write of the store; where the disk is full, releases the ballast and runs it once more,
 * from its beginning: nothing that was synced in vain is believed. Throws what `write` throws.
 */
export async function withBallast<T>(root: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof InfieldError) || error.code !== "no-space") throw error;
    if (!(await hasBallast(layoutOf(root)))) throw error;
    log("the disk is full: the ballast is given up");
    await removeTree(layoutOf(root).ballast);
    return write();
  }
}

/**
 * Lays the ballast down if it is not there and there is space. Never throws: a laptop works
 * without. Not synced: what a crash takes of it is laid again at the next start.
 */
export async function layBallast(root: string): Promise<void> {
  const layout = layoutOf(root);
  try {
    if (await isWhole(layout)) return;
    const free = readFreeSpace(root);
    if (
      free.bytes < LAID_BELOW_SHARE * BALLAST_BYTES ||
      free.entries < LAID_BELOW_SHARE * BALLAST_FILES
    )
      return;
    await removeTree(layout.ballast);
    await makeFolder(layout.ballast);
    // Random, as a filesystem that compresses would keep nothing of zeros.
    for (const file of ballastFiles(layout)) await writeFile(file, randomBytes(BALLAST_FILE_BYTES));
  } catch {
    await removeTree(layout.ballast).catch(() => {});
  }
}

/** True when it is there, whole. */
export async function isWhole(layout: Layout): Promise<boolean> {
  const sizes = await Promise.all(ballastFiles(layout).map(sizeOf));
  return sizes.every((size) => size === BALLAST_FILE_BYTES);
}

async function hasBallast({ ballast }: Layout): Promise<boolean> {
  return (await sizeOf(ballast)) !== undefined;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return lstat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
