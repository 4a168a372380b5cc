/**
 * What lies in a root and what is wrong with it, found by reading all of it: every version, record
 * and blob. Nothing is changed and no lock is taken, so whatever a running process is just writing
 * is left out.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import {
  blobRoot,
  CHANNEL_FILE,
  type Channel,
  hashPieces,
  readChannel,
  readRelease,
} from "@infield/shared/records";
import { type ByteSource, treeId } from "@infield/shared/tree";
import { readFreeSpace } from "../../host/disk-space.ts";
import { errorCode } from "../../host/file-source.ts";
import { isResourceShortage, toIoError } from "../../host/io-error.ts";
import { isDamagedSnapshot } from "../../tree/check-tree.ts";
import { type Difference, findDifferences } from "../../tree/differences.ts";
import { neededVersions } from "../prune/retire.ts";
import { isWhole } from "../root/ballast.ts";
import { layoutOf, type SnapshotLayout, snapshotOf } from "../root/layout.ts";
import { isLocked } from "../root/lock.ts";
import type { Store } from "../root/root.ts";
import { readStateRecord } from "../root/state.ts";
import { expectedRelease, readBeside } from "../snapshot/installed-release.ts";
import { readSnapshotManifest } from "../snapshot/snapshot-manifest.ts";
import type { Findings, VersionFinding } from "./findings.ts";
import { listProblems, type Problem } from "./problems.ts";

interface ExamineOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far, and about how many there are to read. */
  onProgress?(done: number, total: number): void;
}

export interface Examination extends Findings {
  readonly problems: readonly Problem[];
}

/** Throws `io-failed` where the disk cannot be read at all, AbortError. */
export async function examineStore(
  store: Store,
  pinned: string | undefined,
  { signal, onProgress = () => {} }: ExamineOptions = {},
): Promise<Examination> {
  const layout = layoutOf(store.path);
  const total = await bytesToRead(store);
  let done = 0;
  const pace = async (bytes: number) => {
    done += bytes;
    onProgress(Math.min(done, total), total);
  };
  const busy = await isLocked(store.path);
  const { channel, channelDamaged } = await examineChannel(store, pinned);
  const versions: VersionFinding[] = [];
  for (const version of store.state().versions)
    versions.push(await examineVersion(store, channel, version, { signal, pace }));
  const damagedReleases = channel ? await examineReleases(store, channel) : [];
  const blobs = await examineBlobs(store, { signal, pace });
  const found: Findings = {
    root: store.path,
    busy,
    free: readFreeSpace(store.path),
    ballast: await isWhole(layout),
    versions,
    blobs,
    incoming: (await listNames(layout.incoming)).length,
    damagedReleases,
    channelDamaged,
    stateLost: versions.length > 0 && (await readStateRecord(layout)) === undefined,
  };
  return { ...found, problems: listProblems(store, found) };
}

interface Reading {
  readonly signal: AbortSignal | undefined;
  pace(bytes: number): Promise<void>;
}

/** Of trees that are what their records say, and of all blobs. */
async function bytesToRead(store: Store): Promise<number> {
  let total = 0;
  for (const version of store.state().versions)
    total += (await readBeside(store, version))?.record.treeBytes ?? 0;
  for (const name of await listNames(join(store.repository.path, "blobs")))
    total += (await store.repository.open(`blobs/${name}`))?.size ?? 0;
  return total;
}

async function examineChannel(
  { repository }: Store,
  pinned: string | undefined,
): Promise<{ channel: Channel | undefined; channelDamaged: boolean }> {
  if (pinned === undefined) return { channel: undefined, channelDamaged: false };
  try {
    return { channel: (await readChannel(repository, pinned)).channel, channelDamaged: false };
  } catch (error) {
    if (!(error instanceof InfieldError) || error.code === "io-failed" || isResourceShortage(error))
      throw error;
    // A laptop that was only told its channel's id has heard nothing of it yet.
    const isThere = (await repository.open(CHANNEL_FILE)) !== undefined;
    return {
      channel: undefined,
      channelDamaged: isThere || (await repository.versions()).length > 0,
    };
  }
}

async function examineVersion(
  store: Store,
  channel: Channel | undefined,
  version: number,
  reading: Reading,
): Promise<VersionFinding> {
  const { current, previous, held } = store.state();
  const snapshot = snapshotOf(layoutOf(store.path), version);
  const release = await expectedRelease(store, channel, version);
  const differences =
    release === undefined ? undefined : await compareWith(snapshot, release.record.tree, reading);
  return {
    version,
    inUse: version === current,
    onTrial: store.record.trial?.version === version,
    wayBack: version === previous,
    confirmed: store.record.confirmed.includes(version),
    held: version === held,
    needed: neededVersions(store).has(version),
    sound: release?.intact === true && differences?.length === 0,
    differences: differences ?? [],
  };
}

/** Undefined when the manifest is not the one of this tree. */
async function compareWith(
  snapshot: SnapshotLayout,
  tree: string,
  reading: Reading,
): Promise<Difference[] | undefined> {
  try {
    const manifest = await readSnapshotManifest(snapshot);
    return treeId(manifest) === tree
      ? await findDifferences(snapshot.tree, manifest, reading)
      : undefined;
  } catch (error) {
    if (isDamagedSnapshot(error)) return undefined;
    throw error;
  }
}

/**
 * Records that are no release any more; one below the channel's floor, or by a key that was taken
 * out, is none of these.
 */
export async function examineReleases(store: Store, channel: Channel): Promise<number[]> {
  const damaged: number[] = [];
  for (const version of (await store.repository.versions()).sort((a, b) => a - b)) {
    const error = await readRelease(store.repository, channel, version).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof InfieldError && ["record-invalid", "limit-exceeded"].includes(error.code))
      damaged.push(version);
  }
  return damaged;
}

async function examineBlobs({ repository }: Store, { signal, pace }: Reading) {
  const damaged: string[] = [];
  let bytes = 0;
  const names = (await listNames(join(repository.path, "blobs"))).filter((name) =>
    /^[0-9a-f]{64}$/.test(name),
  );
  for (const name of names) {
    signal?.throwIfAborted();
    const source = await repository.open(`blobs/${name}`);
    bytes += source?.size ?? 0;
    if ((source && (await rootOf(source))) !== name) damaged.push(name);
    await pace(source?.size ?? 0);
  }
  return { count: names.length, bytes, damaged };
}

/** Undefined for what cannot be read. */
async function rootOf(source: ByteSource): Promise<string | undefined> {
  try {
    return blobRoot(await hashPieces(source));
  } catch (error) {
    if (isResourceShortage(error)) throw error;
    return undefined;
  }
}

async function listNames(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return [];
    throw toIoError(error, `read ${JSON.stringify(folder)}`);
  });
}
