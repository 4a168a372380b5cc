/** An installed version as a tree to make a delta from or to. Version 0 is the empty tree. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { type ByteSource, EMPTY_MANIFEST, filesOf, type SourceTree } from "@infield/shared/tree";
import { pathSource, unreadableFile } from "../../host/file-source.ts";
import { checkTreeFiles } from "../../tree/check-tree.ts";
import { layoutOf, snapshotOf } from "../root/layout.ts";
import type { Store } from "../root/root.ts";
import { readSnapshotManifest } from "./snapshot-manifest.ts";

/**
 * Reads all of it once, so that what is damaged is told before it is used. Throws
 * `snapshot-damaged`, `io-failed`, AbortError; reading throws `unreadable-file`, as once the
 * version was retired.
 */
export async function openSnapshotTree(
  { path }: Pick<Store, "path">,
  version: number,
  signal: AbortSignal,
): Promise<SourceTree> {
  if (version === 0) return { manifest: EMPTY_MANIFEST, open: noFile, close: async () => {} };
  const snapshot = snapshotOf(layoutOf(path), version);
  const manifest = await readSnapshotManifest(snapshot);
  await checkTreeFiles(snapshot.tree, manifest, signal);
  const sizes = new Map(filesOf(manifest).map((file) => [file.path, file.size]));
  return {
    manifest,
    open(name) {
      const size = sizes.get(name);
      return size === undefined ? noFile(name) : lateSource(join(snapshot.tree, name), size);
    },
    close: async () => {},
  };
}

/** A file that is looked at when it is read: a tree has tens of thousands. */
function lateSource(path: string, size: number): ByteSource {
  const look = () =>
    lstat(path).catch((cause: unknown) => {
      throw unreadableFile(path, cause);
    });
  return {
    size,
    read: async (offset, length) => pathSource(path, await look()).read(offset, length),
  };
}

function noFile(path: string): never {
  throw new InfieldError("internal", `no file ${path} in the tree`, "report this as a defect");
}
