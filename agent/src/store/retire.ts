/** Which snapshots stay: the version in use and the one a rollback leads to. Everything else only takes room. */
import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError, type ReleaseRecord, treeId } from "@infield/shared";
import { errorCode } from "../tree/file-source.ts";
import { removeTree, syncPath } from "./durable.ts";
import { toIoError } from "./io-error.ts";
import { layoutOf, type SnapshotLayout, snapshotOf } from "./layout.ts";
import { makeFolder } from "./repository.ts";
import type { Root } from "./root.ts";
import { checkSnapshotTree, isDamagedSnapshot, readSnapshotManifest } from "./verify.ts";

/**
 * True when the release's snapshot is there and sound, as after a crash or a rollback. A damaged one is discarded, as it can be
 * built again; one that cannot be read now stays, as it may be sound. Throws `io-failed`.
 */
export async function hasSnapshot(root: Root, record: ReleaseRecord): Promise<boolean> {
  if (!root.state().versions.includes(record.version)) return false;
  if (await isSound(snapshotOf(layoutOf(root.path), record.version), record)) return true;
  await discardVersion(root, record.version);
  return false;
}

async function isSound(snapshot: SnapshotLayout, record: ReleaseRecord): Promise<boolean> {
  try {
    const manifest = await readSnapshotManifest(snapshot);
    if (treeId(manifest) !== record.tree) return false;
    await checkSnapshotTree(snapshot.tree, manifest);
    return true;
  } catch (error) {
    if (isDamagedSnapshot(error)) return false;
    throw error;
  }
}

/** Discards what is neither in use nor the way back. */
export async function retireVersions(root: Root): Promise<void> {
  const { current, previous, versions } = root.state();
  for (const version of versions) {
    if (version !== current && version !== previous) await discardVersion(root, version);
  }
}

/** Takes a version away: by one rename, so that a folder in versions/ is complete until the moment it is gone. */
async function discardVersion(root: Root, version: number): Promise<void> {
  const layout = layoutOf(root.path);
  if (version === root.state().current) throw inUse(version);
  const discarded = join(layout.trash, `${version}-${randomUUID()}`);
  try {
    await makeFolder(layout.trash);
    await rename(snapshotOf(layout, version).folder, discarded);
    // Prevents: a version that is back after a crash with half of its files removed.
    await syncPath(layout.versions);
  } catch (error) {
    // Somebody else has taken it away already.
    if (errorCode(error) !== "ENOENT") throw toIoError(error, `discard version ${version}`);
  }
  await root.reload();
  await removeTree(discarded);
}

function inUse(version: number): InfieldError {
  return new InfieldError("internal", `version ${version} is in use and stays`, "report this as a defect");
}
