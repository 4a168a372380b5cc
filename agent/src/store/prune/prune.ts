/**
 * What may go to free space, and its going: versions that nothing leads back to, release records of
 * neither installed nor newer versions, and the blobs that only those name. Never what is in use,
 * on trial or the way back.
 */
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes } from "@infield/shared/base";
import { releasePath } from "@infield/shared/records";
import type { DiskSpace } from "../../host/disk-space.ts";
import { syncPath } from "../../host/durable.ts";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { checkTreeFiles, isDamagedSnapshot } from "../../tree/check-tree.ts";
import { layBallast } from "../root/ballast.ts";
import { layoutOf, snapshotOf } from "../root/layout.ts";
import type { Store, WritableRoot } from "../root/root.ts";
import { readSnapshotManifest } from "../snapshot/snapshot-manifest.ts";
import { discardVersion, neededVersions } from "./retire.ts";
import { findNamedBlobs } from "./retire-blobs.ts";

export interface Prunable {
  /** Installed versions, ascending. */
  readonly versions: readonly number[];
  /** Release records of the repository, by version. */
  readonly releases: readonly number[];
  /** Names of blobs, whole or in part. */
  readonly blobs: readonly string[];
  /** What that frees; where files are cloned, at most. */
  readonly space: DiskSpace;
}

/** Bytes of a block, as stat counts them on every system (stat(2)). */
const STAT_BLOCK_BYTES = 512;

/**
 * What `prune` would remove, which keeps the newest `keep` versions besides those that are needed.
 * Throws `io-failed`.
 */
export async function findPrunable(store: Store, keep: number): Promise<Prunable> {
  const layout = layoutOf(store.path);
  const versions = await findDispensable(store, keep);
  const kept = store.state().versions.filter((version) => !versions.includes(version));
  const known = await store.repository.versions();
  const releases = known.filter(
    (version) => !kept.includes(version) && version <= store.state().current,
  );
  const named = await findNamedBlobs(store, {
    releases: known.filter((version) => !releases.includes(version)),
    versions: kept,
  }).catch(() => undefined);
  const blobs =
    named === undefined
      ? []
      : [
          ...(await listOthers(join(layout.repository, "blobs"), named)),
          ...(await listOthers(layout.incoming, new Set([...named].map((blob) => `${blob}.part`)))),
        ];
  const space = await measure([
    ...versions.map((version) => snapshotOf(layout, version).folder),
    ...releases.map((version) => join(layout.repository, releasePath(version))),
    ...blobs.map((name) => blobPathOf(store, name)),
  ]);
  return { versions, releases, blobs, space };
}

/**
 * Removes what `findPrunable` finds, and resolves to it. It may be killed anywhere and done again.
 * Throws `io-failed`.
 */
export async function prune(root: WritableRoot, keep: number): Promise<Prunable> {
  const found = await findPrunable(root, keep);
  for (const version of found.versions) await discardVersion(root, version);
  await removeReleases(root, found.releases);
  // Afterwards: a crash in between leaves blobs without a record, which are found again, not
  // records without their blobs.
  for (const name of found.blobs) await rm(blobPathOf(root, name), { force: true });
  await layBallast(root.path);
  return found;
}

/** `3 versions, 5 blobs and 2 release records`; undefined for nothing. */
export function describePrunable({ versions, releases, blobs }: Prunable): string | undefined {
  const parts = [
    ...(versions.length > 0
      ? [`version${versions.length > 1 ? "s" : ""} ${versions.join(", ")}`]
      : []),
    ...(blobs.length > 0 ? [`${blobs.length} blob${blobs.length > 1 ? "s" : ""}`] : []),
    ...(releases.length > 0
      ? [`${releases.length} release record${releases.length > 1 ? "s" : ""}`]
      : []),
  ];
  return parts.length === 0 ? undefined : parts.join(", ").replace(/, ([^,]*)$/, " and $1");
}

/** The next step for whoever lacks space: what could go. `lacking` bytes. */
export async function suggestPrune(store: Store, lacking: DiskSpace): Promise<string> {
  const found = await findPrunable(store, 0).catch(() => undefined);
  const what = found && describePrunable(found);
  if (found === undefined || what === undefined)
    return "nothing of Infield's may go: free that much elsewhere";
  const enough = found.space.bytes >= lacking.bytes && found.space.entries >= lacking.entries;
  const frees = `\`infield prune --root ${store.path}\` frees ${formatBytes(found.space.bytes)} (${what})`;
  return enough ? frees : `${frees}; free the rest elsewhere`;
}

/** Versions that are not needed, and not among the newest `keep`. */
async function findDispensable(store: Store, keep: number): Promise<number[]> {
  const needed = neededVersions(store);
  const others = store.state().versions.filter((version) => !needed.has(version));
  const spare = Math.max(0, keep - needed.size);
  const going = others.slice(0, Math.max(0, others.length - spare));
  const stays = await findSoundWayBack(store, going);
  return going.filter((version) => version !== stays);
}

/**
 * Where the way back is damaged, the newest earlier version that is sound: it is all that is left
 * to go back to.
 */
async function findSoundWayBack(
  store: Store,
  going: readonly number[],
): Promise<number | undefined> {
  const { previous } = store.state();
  const earlier = going.filter(
    (version) => version < (previous ?? 0) && store.record.confirmed.includes(version),
  );
  if (previous === undefined || earlier.length === 0) return undefined;
  for (const version of [previous, ...earlier.reverse()]) {
    if (await isSound(store, version)) return version;
  }
  return undefined;
}

async function isSound({ path }: Store, version: number): Promise<boolean> {
  const snapshot = snapshotOf(layoutOf(path), version);
  try {
    await checkTreeFiles(snapshot.tree, await readSnapshotManifest(snapshot));
    return true;
  } catch (error) {
    if (isDamagedSnapshot(error)) return false;
    throw error;
  }
}

async function removeReleases(
  { repository }: WritableRoot,
  releases: readonly number[],
): Promise<void> {
  if (releases.length === 0) return;
  const path = (version: number) => join(repository.path, releasePath(version));
  try {
    for (const version of releases) await rm(path(version), { force: true });
    // Prevents: a record that is back after a crash, and names blobs that stay away.
    await syncPath(join(repository.path, "releases"));
  } catch (error) {
    throw toIoError(error, `remove release records of ${JSON.stringify(repository.path)}`);
  }
}

function blobPathOf({ path }: Store, name: string): string {
  const { repository, incoming } = layoutOf(path);
  return join(name.endsWith(".part") ? incoming : join(repository, "blobs"), name);
}

async function listOthers(folder: string, kept: ReadonlySet<string>): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return [];
    throw toIoError(error, `read ${JSON.stringify(folder)}`);
  });
  return names.filter((name) => !kept.has(name)).sort();
}

/**
 * DiskSpace that these files and trees take and nothing else shares: an inode with a name elsewhere
 * frees nothing.
 */
async function measure(paths: readonly string[]): Promise<DiskSpace> {
  try {
    return await addUp(paths);
  } catch (error) {
    throw toIoError(error, "measure what may be removed");
  }
}

async function addUp(paths: readonly string[]): Promise<DiskSpace> {
  const seen = new Map<number, number>();
  let bytes = 0;
  let entries = 0;
  const pending = [...paths];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const stats = await lstat(path);
    if (stats.isDirectory()) pending.push(...(await namesIn(path)));
    const names = (seen.get(stats.ino) ?? 0) + 1;
    seen.set(stats.ino, names);
    if (!stats.isDirectory() && names < stats.nlink) continue;
    bytes += stats.blocks * STAT_BLOCK_BYTES;
    entries++;
  }
  return { bytes, entries };
}

/** What a directory holds that may not be read is not counted; removing it works all the same. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === "EACCES") return [];
    throw error;
  });
  return names.map((name) => join(folder, name));
}
