/**
 * Which snapshots stay: the version in use and the one a rollback leads to. Everything else only
 * takes space.
 */
import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import type { ReleaseRecord } from "@infield/shared/records";
import { treeId } from "@infield/shared/tree";
import { debug } from "../../host/debug.ts";
import { removeTree, syncPath } from "../../host/durable.ts";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { checkTree, isDamagedSnapshot } from "../../tree/check-tree.ts";
import { withBallast } from "../root/ballast.ts";
import { layoutOf, type SnapshotLayout, snapshotOf } from "../root/layout.ts";
import { makeFolder } from "../root/repository.ts";
import type { Store, WritableRoot } from "../root/root.ts";
import { bestConfirmed } from "../root/state.ts";
import { readSnapshotManifest } from "../snapshot/snapshot-manifest.ts";

const log = debug("store");

/**
 * True when the release's snapshot is there and sound, as after a crash or a rollback. A damaged
 * one is discarded, as it can be built again, unless it is needed: that one stays until another
 * takes its place. One that cannot be read now stays, as it may be sound. Throws `io-failed`.
 */
export async function hasSnapshot(root: WritableRoot, record: ReleaseRecord): Promise<boolean> {
  const { version } = record;
  if (!root.state().versions.includes(version)) return false;
  if (await isSound(snapshotOf(layoutOf(root.path), version), record)) return true;
  if (!neededVersions(root).has(version)) await discardVersion(root, version);
  return false;
}

/**
 * What is never given up: the version in use, or where recovery leads without one; the one on
 * trial; where a rollback leads; the one that this machine was booted with, and runs.
 */
export function neededVersions({
  record,
  state,
  bootLoader,
}: Pick<Store, "record" | "state" | "bootLoader">): Set<number> {
  const { current, previous, versions } = state();
  const inUse = versions.includes(current) ? current : bestConfirmed(record, versions);
  const needed = [inUse, previous, record.trial?.version, bootLoader?.booted];
  return new Set(
    needed.filter((version) => version !== undefined && versions.includes(version)) as number[],
  );
}

async function isSound(snapshot: SnapshotLayout, record: ReleaseRecord): Promise<boolean> {
  try {
    const manifest = await readSnapshotManifest(snapshot);
    if (treeId(manifest) !== record.tree) return false;
    await checkTree(snapshot.tree, manifest);
    return true;
  } catch (error) {
    if (!isDamagedSnapshot(error)) throw error;
    log("version %d is there, but damaged: %s", record.version, error);
    return false;
  }
}

/** Discards all that is not needed. */
export async function retireVersions(root: WritableRoot): Promise<void> {
  const needed = neededVersions(root);
  for (const version of root.state().versions)
    if (!needed.has(version)) await discardVersion(root, version);
}

/**
 * Takes a version away: by one rename, so that a folder in versions/ is complete until the moment
 * it is gone.
 */
export async function discardVersion(root: WritableRoot, version: number): Promise<void> {
  const layout = layoutOf(root.path);
  // After a switch that failed in its last step, `current` is another than was thought.
  await root.reload();
  if (version === root.state().current) throw inUse(version);
  log("version %d is removed", version);
  const discarded = join(layout.trash, `${version}-${randomUUID()}`);
  try {
    await withBallast(root.path, () => makeFolder(layout.trash));
    await rename(snapshotOf(layout, version).folder, discarded);
    // Prevents: a version that is back after a crash with half of its files removed.
    await syncPath(layout.versions);
  } catch (error) {
    // Somebody else has taken it away already.
    if (errorCode(error) !== "ENOENT") throw toIoError(error, `discard version ${version}`);
  } finally {
    await root.reload();
  }
  await removeTree(discarded);
}

function inUse(version: number): InfieldError {
  return new InfieldError(
    "internal",
    `version ${version} is in use and stays`,
    "report this as a defect",
  );
}
