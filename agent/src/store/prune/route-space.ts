/**
 * The space that the whole route to a release takes, proved before it is begun: the blobs still to
 * be fetched and every version to be built, those in between too. To find out half-way costs a
 * teacher the lesson.
 */
import { link, lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import type { Step } from "@infield/shared/records";
import { debug } from "../../host/debug.ts";
import {
  blockBytes,
  type DiskSpace,
  describeShortfall,
  readFreeSpace,
  shortfallOf,
} from "../../host/disk-space.ts";
import { layoutOf } from "../root/layout.ts";
import type { Store } from "../root/root.ts";
import { suggestPrune } from "./prune.ts";

const log = debug("store");

/**
 * Bytes that a shared file or any other name takes: its name in a directory, its line in the
 * manifest and, where files are cloned, an inode (512 bytes on xfs, about as much on btrfs).
 */
const ENTRY_BYTES = 512;

/**
 * Throws `no-space`, with what is missing and what could go, unless this filesystem has space for
 * all steps of a route. `built`: versions that need not be built.
 */
export async function checkRouteSpace(
  store: Store,
  route: readonly Step[],
  built: readonly number[],
): Promise<void> {
  const target = route.at(-1)?.release.version;
  const [free, needed] = [readFreeSpace(store.path), await spaceOfRoute(store, route, built)];
  log("the route takes %O of the disk, and %O is free", needed, free);
  const lacking = shortfallOf(free, needed);
  const missing = describeShortfall(lacking);
  if (missing === undefined) return;
  throw new InfieldError(
    "no-space",
    `version ${target} needs ${missing} more on the disk of ${JSON.stringify(store.path)}`,
    await suggestPrune(store, lacking),
  );
}

async function spaceOfRoute(
  store: Store,
  route: readonly Step[],
  built: readonly number[],
): Promise<DiskSpace> {
  const shares = await canLink(store.path);
  const block = blockBytes(store.path);
  let [bytes, entries] = [0, 0];
  for (const { release, blob } of route) {
    bytes += await bytesToFetch(store, blob);
    if (built.includes(release.version)) continue;
    const written = shares
      ? blob
      : { writtenBytes: release.treeBytes, writtenEntries: release.entries };
    bytes += written.writtenBytes + written.writtenEntries * block + release.entries * ENTRY_BYTES;
    entries += written.writtenEntries;
  }
  return { bytes, entries };
}

/** What an earlier try stored of a blob has its blocks already. */
async function bytesToFetch(
  { path, repository }: Store,
  { root, bytes }: Step["blob"],
): Promise<number> {
  if (await repository.hasBlob(root, bytes)) return 0;
  const part = await lstat(join(layoutOf(path).incoming, `${root}.part`)).catch(() => undefined);
  return Math.max(0, bytes - (part?.blocks ?? 0) * 512);
}

/**
 * True where two names may share a file; where they may share its blocks, a hard link works as
 * well.
 */
async function canLink(root: string): Promise<boolean> {
  const probe = join(root, ".link.new");
  try {
    await rm(probe, { force: true });
    await link(layoutOf(root).identityFile, probe);
    await rm(probe, { force: true });
    return true;
  } catch {
    return false;
  }
}
