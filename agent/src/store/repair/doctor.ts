/**
 * Putting a root right: its channel and records first, as everything else is held against them,
 * then its versions, then its blobs. Each step is complete in itself, so it may be killed anywhere
 * and done again.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError, isAbort } from "@infield/shared/base";
import {
  type BlobRecord,
  blobPath,
  type Channel,
  type Release,
  type RepositoryReader,
  readChannel,
  readRelease,
  readReleases,
  releasePath,
} from "@infield/shared/records";
import { debug } from "../../host/debug.ts";
import { syncTree } from "../../host/durable.ts";
import { errorCode } from "../../host/file-source.ts";
import { ignoreDamage, toIoError } from "../../host/io-error.ts";
import type { Difference } from "../../tree/differences.ts";
import { layoutOf, snapshotOf } from "../root/layout.ts";
import { openRepository } from "../root/repository.ts";
import type { WritableRoot } from "../root/root.ts";
import { type ContentSource, snapshotContents } from "../snapshot/content.ts";
import { expectedRelease, readBeside } from "../snapshot/installed-release.ts";
import { checkBlob, copyBlob } from "../write/incoming.ts";
import { type Examination, examineReleases, examineStore } from "./examine.ts";
import { rebuiltContents } from "./rebuild.ts";
import { type OnRepairProgress, repairVersion } from "./repair.ts";

const log = debug("repair");

export interface RepairSources {
  /** A repository at hand, besides the root's own. */
  readonly repository?: RepositoryReader | undefined;
  /** Whoever else has files by their hash: neighbours. */
  readonly others?: readonly ContentSource[];
  /** As `repairVersion` takes it. */
  readonly removeExtra: boolean;
  readonly onProgress?: OnRepairProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MendedVersion {
  readonly version: number;
  readonly mended: readonly Difference[];
  readonly left: readonly Difference[];
  /** Why the rest could not be had. */
  readonly problem?: InfieldError | undefined;
}

/**
 * Looks through a root and repairs it, with the help of the repository at path `from`, if there is
 * one. Throws what `openRepository` and `repairRoot` throw.
 */
export async function repairFrom(
  root: WritableRoot,
  from: string | undefined,
  sources: Pick<RepairSources, "others" | "onProgress" | "signal">,
): Promise<MendedVersion[]> {
  const { onProgress = () => {}, signal } = sources;
  const repository = from === undefined ? undefined : await openRepository(from, signal);
  try {
    await syncVersions(root);
    const found = await examineStore(root, root.identity.channel, {
      signal,
      onProgress: (done, total) => onProgress("reading", done, total),
    });
    return await repairRoot(root, found, { ...sources, repository, removeExtra: true });
  } finally {
    await repository?.close();
  }
}

/** What is closed or missing cannot be synced, and is synced when it is mended. */
async function syncVersions(root: WritableRoot): Promise<void> {
  for (const version of root.state().versions) {
    const { folder } = snapshotOf(layoutOf(root.path), version);
    // Prevents: a path that a killed repair had put right, and that is found right now, being as
    // wrong as before after a crash.
    await syncTree(folder).catch((error: unknown) => {
      if (!["EACCES", "ENOENT"].includes(errorCode(error) ?? ""))
        throw toIoError(error, `sync ${JSON.stringify(folder)}`);
    });
  }
}

/**
 * Repairs what `examineStore` found. What could not be repaired is found again by the next
 * examination.
 */
export async function repairRoot(
  root: WritableRoot,
  found: Examination,
  sources: RepairSources,
): Promise<MendedVersion[]> {
  const channel = await repairChannel(root, found, sources);
  // Not those that were found: without the channel, none could be told from another.
  if (channel) await repairReleases(root, await examineReleases(root, channel), channel, sources);
  const mended: MendedVersion[] = [];
  for (const { version, sound } of found.versions) {
    if (!sound) mended.push(await mendVersion(root, channel, version, sources));
  }
  await root.reload();
  if (channel) await repairBlobs(root, found, channel, sources);
  return mended;
}

/**
 * Repairs one installed version from this root's other versions, from deltas, and from `sources`.
 * Throws `no-space`, `io-failed`, AbortError.
 */
export async function mendVersion(
  root: WritableRoot,
  channel: Channel | undefined,
  version: number,
  { repository, others = [], removeExtra, onProgress = () => {}, signal }: RepairSources,
): Promise<MendedVersion> {
  const release = await expectedRelease(root, channel, version, repository);
  if (release === undefined)
    return { version, mended: [], left: [{ path: ".", how: "unreadable" }] };
  const { versions } = root.state();
  const rebuilt = rebuiltContents(root, {
    version,
    bases: versions.filter((other) => other !== version),
    releases: channel ? await gatherReleases(root, channel, repository) : [release],
    fetchBlob: (blob, abort) => fetchFrom(root, repository, blob, onProgress, abort),
    onProgress: (done, total) => onProgress(`rebuilding version ${version}`, done, total),
    signal,
  });
  const snapshots = versions.map((other) => snapshotOf(layoutOf(root.path), other));
  const result = await repairVersion(root, version, {
    release: { ...release, tree: release.record.tree },
    sources: [await snapshotContents(snapshots), rebuilt, ...others],
    removeExtra,
    onProgress: (done, total) => onProgress(`mending version ${version}`, done, total),
    signal,
  });
  return { version, ...result, ...(result.left.length > 0 && { problem: rebuilt.problem() }) };
}

/** The channel as it is known after the repair; undefined where it stays damaged. */
async function repairChannel(
  root: WritableRoot,
  { channelDamaged }: Examination,
  { repository }: RepairSources,
): Promise<Channel | undefined> {
  const pinned = root.identity.channel;
  if (pinned === undefined) return undefined;
  if (!channelDamaged)
    return (await readChannel(root.repository, pinned).catch(ignoreDamage))?.channel;
  if (repository === undefined) return undefined;
  const { chain, channel } = await readChannel(repository, pinned);
  await root.repository.writeChain(chain);
  return channel;
}

/**
 * From beside the installed tree or another repository; a record that nobody has is removed, and is
 * fetched with the release.
 */
async function repairReleases(
  root: WritableRoot,
  damagedReleases: readonly number[],
  channel: Channel,
  { repository }: RepairSources,
): Promise<void> {
  for (const version of damagedReleases) {
    const release =
      (await readBeside(root, version)) ??
      (repository && (await readRelease(repository, channel, version).catch(() => undefined)));
    log("the record of version %d is %s", version, release ? "written anew" : "removed");
    if (release) await root.repository.writeRelease(release.file, release.record);
    else await rm(join(root.repository.path, releasePath(version)), { force: true });
  }
}

/**
 * A damaged blob becomes a part file, and comes back whole where another repository has it; one
 * that nothing names is removed.
 */
async function repairBlobs(
  root: WritableRoot,
  { blobs }: Examination,
  channel: Channel,
  { repository, onProgress = () => {}, signal }: RepairSources,
): Promise<void> {
  const records = (await readReleases(root.repository, channel)).releases.flatMap(
    ({ record }) => record.blobs,
  );
  for (const name of blobs.damaged) {
    const blob = records.find((candidate) => candidate.root === name);
    log("blob %s is damaged, and %s", name, blob ? "fetched again" : "named by nothing: removed");
    if (blob === undefined) await rm(root.repository.blobFile(name), { force: true });
    // A rebuild may have fetched it again by now.
    if (blob === undefined || (await checkBlob(root, blob))) continue;
    await fetchFrom(root, repository, blob, onProgress, signal).catch((error: unknown) => {
      if (isAbort(error) || !(error instanceof InfieldError) || error.code === "io-failed")
        throw error;
    });
  }
}

async function gatherReleases(
  root: WritableRoot,
  channel: Channel,
  repository: RepositoryReader | undefined,
): Promise<Release[]> {
  const all = new Map<number, Release>();
  for (const reader of [root.repository, ...(repository ? [repository] : [])]) {
    for (const release of (await readReleases(reader, channel)).releases) {
      if (!all.has(release.record.version)) all.set(release.record.version, release);
    }
  }
  return [...all.values()];
}

async function fetchFrom(
  root: WritableRoot,
  repository: RepositoryReader | undefined,
  blob: BlobRecord,
  onProgress: OnRepairProgress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bytes = await repository?.open(blobPath(blob.root));
  if (bytes === undefined) {
    throw new InfieldError(
      "blob-damaged",
      `no repository at hand has the blob ${blob.root.slice(0, 12)}…`,
      "name a repository that has it with `infield doctor --repair --from REPO`",
    );
  }
  await copyBlob(
    root,
    blob,
    bytes,
    (done) => onProgress("copying a delta", done, blob.bytes),
    signal,
  );
}
