/**
 * Building a snapshot in staging/ and moving it into versions/ once it is complete, durable and
 * proven: a version that is there is a version that can be used.
 */
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError, MAX_DECODER_BYTES } from "@infield/shared/base";
import type { BlobRecord, Release } from "@infield/shared/records";
import { EMPTY_MANIFEST, formatManifest } from "@infield/shared/tree";
import { type ApplyOptions, applyDelta } from "../../delta/apply/apply.ts";
import type { WrittenTree } from "../../delta/apply/apply-job.ts";
import { debug } from "../../host/debug.ts";
import { removeTree, syncPath, syncPaths } from "../../host/durable.ts";
import { toIoError } from "../../host/io-error.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { checkTreeFiles, damagedSnapshot } from "../../tree/check-tree.ts";
import { discardVersion } from "../prune/retire.ts";
import {
  type Layout,
  layoutOf,
  type SnapshotLayout,
  snapshotAt,
  snapshotOf,
} from "../root/layout.ts";
import { makeFolder } from "../root/repository.ts";
import type { WritableRoot } from "../root/root.ts";
import { parseSnapshotManifest, readManifestBytes } from "../snapshot/snapshot-manifest.ts";

const log = debug("store");

interface BuildOptions {
  onProgress(doneBytes: number, totalBytes: number): void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds the release's snapshot from its blob in the repository and the snapshot `blob.from`. On
 * any error staging is empty and nothing else changed. Throws what `applyDelta` throws, and
 * `snapshot-damaged` when the base is not what was signed.
 */
export async function buildSnapshot(
  root: WritableRoot,
  release: Release,
  blob: BlobRecord,
  options: BuildOptions,
): Promise<void> {
  const layout = layoutOf(root.path);
  const { version } = release.record;
  try {
    log("building version %d from %d, by a delta of %d bytes", version, blob.from, blob.bytes);
    await removeTree(layout.staging);
    const staged = await stageSnapshot(root, release, blob, snapshotOf(layout, blob.from), options);
    await publish(root, layout, staged, version);
  } catch (error) {
    log("version %d could not be built: %s", version, error);
    await removeTree(layout.staging);
    throw toIoError(error, `build version ${version}`);
  }
  log("version %d is built", version);
  await root.reload();
}

/**
 * Builds a release's snapshot in staging/, durable and proven, from its blob in the repository and
 * the snapshot `base`.
 */
export async function stageSnapshot(
  root: WritableRoot,
  { file, record }: Release,
  blob: BlobRecord,
  base: SnapshotLayout,
  options: BuildOptions,
): Promise<SnapshotLayout> {
  const staged = snapshotAt(join(layoutOf(root.path).staging, String(record.version)));
  await removeTree(staged.folder);
  await makeFolder(staged.folder);
  await applyBlob(root, base, staged, blob, {
    ...options,
    onWritten: async (tree) => {
      if (sha256Hex(tree.manifest) !== record.tree) throw wrongTree(record.version);
      await writeFile(staged.manifest, tree.manifest);
      await writeFile(staged.release, `${JSON.stringify(file)}\n`);
      // Prevents: a version that has its name after a crash, but not all its files and bytes.
      await syncPaths(writtenPaths(staged, tree));
    },
  });
  if (sha256Hex(await readManifestBytes(staged)) !== record.tree) throw wrongTree(record.version);
  return staged;
}

async function applyBlob(
  root: WritableRoot,
  base: SnapshotLayout,
  staged: SnapshotLayout,
  blob: BlobRecord,
  options: BuildOptions & Pick<ApplyOptions, "onWritten">,
): Promise<void> {
  const manifest = blob.from === 0 ? formatManifest(EMPTY_MANIFEST) : await readManifestBytes(base);
  if (sha256Hex(manifest) !== blob.base)
    throw damagedSnapshot("its manifest is not the one the delta was made for");
  try {
    await applyDelta({
      ...options,
      delta: root.repository.blobFile(blob.root),
      base: { folder: base.tree, manifest },
      out: staged.tree,
      share: "link",
      system: root.system,
      // What was signed, so that a delta made to fill a small laptop's memory gets no further than
      // its head.
      memoryBytes: Math.min(blob.decoderBytes, MAX_DECODER_BYTES),
    });
  } catch (error) {
    throw await blameBase(error, base, manifest, options.signal);
  }
}

/**
 * A wrong result from a right delta means that the base's files are not what they were: say which.
 */
async function blameBase(
  error: unknown,
  base: SnapshotLayout,
  manifest: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (!(error instanceof InfieldError) || !["wrong-base", "wrong-result"].includes(error.code))
    return error;
  const expected = parseSnapshotManifest(manifest);
  if (expected.entries.length === 0) return error;
  return checkTreeFiles(base.tree, expected, signal).then(
    () => error,
    (damage: unknown) => damage,
  );
}

/**
 * What was written for a snapshot. What its hard links hold was durable before; their names are the
 * directories'.
 */
function writtenPaths(staged: SnapshotLayout, { files, directories }: WrittenTree) {
  const inTree = (path: string) => join(staged.tree, path);
  return {
    files: [staged.manifest, staged.release, ...files.map(inTree)],
    directories: [staged.folder, staged.tree, ...directories.map(inTree)],
  };
}

async function publish(
  root: WritableRoot,
  layout: Layout,
  staged: SnapshotLayout,
  version: number,
): Promise<void> {
  await makeFolder(layout.versions);
  // A damaged one that was needed as long as there was no other.
  if (root.state().versions.includes(version)) await discardVersion(root, version);
  const { folder } = snapshotOf(layout, version);
  await rename(staged.folder, folder);
  try {
    // Prevents: `current` naming a version whose own name a crash takes back.
    await syncPath(layout.versions);
  } catch (error) {
    // Not known to be durable, so not to be found there by the next try.
    await rename(folder, staged.folder);
    throw error;
  }
}

function wrongTree(version: number): InfieldError {
  return new InfieldError(
    "wrong-result",
    `the tree built for version ${version} is not the one that was signed`,
    "get the release again; nothing was installed",
  );
}
