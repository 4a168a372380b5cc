/**
 * Repairing a version: its record, its manifest, then every path that differs, from whoever has
 * what is missing. It may be killed anywhere and done again, and what cannot be mended stays as it
 * was.
 */
import { chmod, lstat, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { ReleaseFile } from "@infield/shared/records";
import { type Entry, formatManifest, type Manifest, treeId } from "@infield/shared/tree";
import { debug } from "../../host/debug.ts";
import { removeTree, replaceFile, syncPath } from "../../host/durable.ts";
import { toIoError } from "../../host/io-error.ts";
import { isDamage, isDamagedSnapshot } from "../../tree/check-tree.ts";
import { type Difference, findDifferences } from "../../tree/differences.ts";
import { type Layout, layoutOf, type SnapshotLayout, snapshotOf } from "../root/layout.ts";
import type { WritableRoot } from "../root/root.ts";
import type { ContentSource } from "../snapshot/content.ts";
import { readSnapshotManifest } from "../snapshot/snapshot-manifest.ts";
import { makeFile } from "../write/staged-file.ts";
import { Mender } from "./mend.ts";

const log = debug("repair");

/** Hears how far a step of a repair is, in bytes; `step` is what a person reads. */
export type OnRepairProgress = (step: string, doneBytes: number, totalBytes: number) => void;

export interface RepairOptions {
  /**
   * The release that the version is, verified when it was stored or now; its tree id is what
   * everything is held against.
   */
  readonly release: {
    readonly file: ReleaseFile;
    readonly tree: string;
    /** It lies beside the tree already. */
    readonly intact: boolean;
  };
  readonly sources: readonly ContentSource[];
  /**
   * Takes away what does not belong there; only ever on a person's word, as somebody's work may be
   * among it.
   */
  readonly removeExtra: boolean;
  /** Bytes of damaged files, mended or given up, of all that are. */
  onProgress?(doneBytes: number, totalBytes: number): void;
  readonly signal?: AbortSignal | undefined;
}

export interface Repaired {
  /** What was wrong and is not any more. */
  readonly mended: readonly Difference[];
  /** What is still wrong, as nobody has the bytes; `.` is the version's manifest or folder. */
  readonly left: readonly Difference[];
}

/** Looks and mends so often: a directory that was missing or closed hides what is below it. */
const PASSES = 4;

/**
 * Repairs an installed version. Throws `no-space`, `io-failed`, AbortError; then what was mended
 * until then stays mended.
 */
export async function repairVersion(
  root: WritableRoot,
  version: number,
  options: RepairOptions,
): Promise<Repaired> {
  const { release, sources } = options;
  const layout = layoutOf(root.path);
  const snapshot = snapshotOf(layout, version);
  try {
    const manifest = await repairManifest(layout, snapshot, release.tree, sources);
    if (manifest === undefined) return { mended: [], left: [{ path: ".", how: "unreadable" }] };
    if (!release.intact) await replaceFile(snapshot.release, `${JSON.stringify(release.file)}\n`);
    return await repairTree(layout, snapshot, manifest, options);
  } finally {
    await removeTree(layout.staging);
  }
}

/**
 * The manifest that hashes to the tree id: the one that is there, or one from elsewhere, which then
 * takes its place.
 */
async function repairManifest(
  layout: Layout,
  snapshot: SnapshotLayout,
  tree: string,
  sources: readonly ContentSource[],
): Promise<Manifest | undefined> {
  const found = await readSnapshotManifest(snapshot).catch((error: unknown) => {
    if (!isDamagedSnapshot(error)) throw error;
  });
  if (found !== undefined && treeId(found) === tree) return found;
  const made = await makeFile(layout, { sha256: tree }, sources, async () => {});
  if (made === undefined) return undefined;
  const manifest = await readSnapshotManifest({ ...snapshot, manifest: made });
  await replaceFile(snapshot.manifest, formatManifest(manifest));
  return manifest;
}

async function repairTree(
  layout: Layout,
  { folder, tree }: SnapshotLayout,
  manifest: Manifest,
  options: RepairOptions,
): Promise<Repaired> {
  const { sources, removeExtra, signal } = options;
  const look = async () =>
    (await findDifferences(tree, manifest, { signal })).filter(
      (one) => removeExtra || isDamage(one),
    );
  const wrong = new Map<string, Difference>();
  let left = await look();
  for (let pass = 0; left.length > 0 && pass < PASSES; pass++) {
    for (const difference of left) wrong.set(difference.path, difference);
    if (left[0]?.path === ".") await openFolder(folder, tree);
    await mendAll(
      new Mender({ layout, tree, manifest, sources, mayRemove: removeExtra }),
      manifest,
      left,
      options,
    );
    left = await look();
    log("%s, pass %d: %d paths were wrong, %d still are", tree, pass + 1, wrong.size, left.length);
  }
  for (const { path } of left) wrong.delete(path);
  return { mended: [...wrong.values()], left };
}

/** In manifest order, so that a directory is there before what belongs into it. */
async function mendAll(
  mender: Mender,
  manifest: Manifest,
  differences: readonly Difference[],
  { onProgress, signal }: RepairOptions,
): Promise<void> {
  const entries = new Map(manifest.entries.map((entry) => [entry.path, entry]));
  const report = reportBytes(entries, differences, onProgress);
  const gone = new Set<string>();
  const isGone = (path: string): boolean =>
    path !== "." && (gone.has(path) || isGone(dirname(path)));
  try {
    for (const { path, how } of differences) {
      signal?.throwIfAborted();
      report(path);
      const entry = entries.get(path);
      if (path === "." || isGone(dirname(path))) continue;
      if (entry === undefined) await mender.remove(path);
      const isPut = entry !== undefined && (await mender.put(entry));
      // What was below a directory that should be none went with it, and nothing can be put below
      // what stays no directory.
      if (entry === undefined || how === "type" || (entry.kind === "dir" && !isPut)) gone.add(path);
    }
  } finally {
    await mender.finish();
  }
}

/** To be called with each path when its turn comes. */
function reportBytes(
  entries: ReadonlyMap<string, Entry>,
  differences: readonly Difference[],
  onProgress: RepairOptions["onProgress"],
): (path: string) => void {
  const sizeOf = (path: string) => {
    const entry = entries.get(path);
    return entry?.kind === "file" ? entry.size : 0;
  };
  const total = differences.reduce((sum, { path }) => sum + sizeOf(path), 0);
  let done = 0;
  return (path) => {
    onProgress?.(done, total);
    done += sizeOf(path);
  };
}

/**
 * The folder of the tree itself, which no manifest lists: it is there, a directory, and may be
 * read.
 */
async function openFolder(folder: string, tree: string): Promise<void> {
  try {
    if (!(await lstat(tree).catch(() => undefined))?.isDirectory()) {
      await rm(tree, { force: true });
      await mkdir(tree);
    }
    await chmod(tree, 0o755);
    // Prevents: files that were mended durably in a tree whose own name a crash takes away.
    await syncPath(folder);
  } catch (error) {
    throw toIoError(error, `mend ${JSON.stringify(tree)}`);
  }
}
