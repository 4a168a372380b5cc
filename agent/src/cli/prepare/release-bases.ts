/**
 * What a release can be reached from: trees of earlier releases of its channel, or nothing at all.
 */
import { InfieldError } from "@infield/shared/base";
import type { ReleaseRecord } from "@infield/shared/records";
import { type SourceTree, toFormat1, treeId } from "@infield/shared/tree";
import type { Terminal } from "../output/terminal.ts";
import { type ReadOptions, readTree } from "./read-tree.ts";

/** The word that `openTree` takes for the tree without files. */
export const EMPTY_TREE = "empty";

/**
 * A tree, and the versions that install it: a release may bring back what an earlier one had. 0 is
 * the empty tree.
 */
interface Base {
  readonly versions: readonly number[];
  readonly tree: SourceTree;
}

/**
 * Opens one `--from`. It must be byte for byte what an earlier release installs: a delta from
 * anything else would fit no laptop. Throws `unknown-release`, and what `openTree` throws.
 */
export async function openBase(
  path: string,
  earlier: readonly ReleaseRecord[],
  options: ReadOptions,
  terminal: Terminal,
): Promise<Base> {
  const tree = await readTree(path, path, options, terminal);
  if (path === EMPTY_TREE) return { versions: [0], tree };
  // Before hard links and attributes were recorded, the same folder made a plainer tree.
  for (const manifest of [tree.manifest, toFormat1(tree.manifest)]) {
    const id = treeId(manifest);
    const versions = earlier.filter((record) => record.tree === id).map((record) => record.version);
    if (versions.length > 0) return { versions, tree: { ...tree, manifest } };
  }
  await tree.close();
  throw new InfieldError(
    "unknown-release",
    `${JSON.stringify(path)} is not the tree of any release of this channel`,
    "name the very folder or archive that release was made from (with the same options), or the word empty",
  );
}
