/**
 * Where the bytes of a damaged file can be had by their hash: other snapshots of this root, a
 * version built anew, neighbours. Nothing that a source gives is believed; whoever takes it hashes
 * it.
 */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { filesOf, treeId } from "@infield/shared/tree";
import type { SnapshotLayout } from "../root/layout.ts";
import { readSnapshotManifest } from "./snapshot-manifest.ts";

/** What is asked for: a file of a tree, or a manifest, whose size nobody knows before. */
export interface Wanted {
  /** 64 hex digits. */
  readonly sha256: string;
  readonly size?: number;
}

/** One way to get the bytes, which may fail or give others. */
export type Way = () => AsyncIterable<Uint8Array>;

export interface ContentSource {
  /** Ways to get what has this hash, the best first; none when it does not have it. */
  waysTo(wanted: Wanted): Promise<readonly Way[]>;
}

const readWay =
  (path: string): Way =>
  () =>
    createReadStream(path);

/**
 * Manifests and files of snapshots, wherever they lie: what one lost, another may have in an inode
 * of its own.
 */
export async function snapshotContents(
  snapshots: readonly SnapshotLayout[],
): Promise<ContentSource> {
  const paths = new Map<string, string[]>();
  const note = (sha256: string, path: string) => {
    const known = paths.get(sha256);
    if (known === undefined) paths.set(sha256, [path]);
    else known.push(path);
  };
  for (const snapshot of snapshots) {
    const manifest = await readSnapshotManifest(snapshot).catch(() => undefined);
    if (manifest === undefined) continue;
    note(treeId(manifest), snapshot.manifest);
    for (const { sha256, path } of filesOf(manifest)) note(sha256, join(snapshot.tree, path));
  }
  return { waysTo: async ({ sha256 }) => (paths.get(sha256) ?? []).map(readWay) };
}
