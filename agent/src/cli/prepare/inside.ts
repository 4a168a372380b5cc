/**
 * What must not lie inside what: keys and repositories in trees and repositories that are handed
 * on, outputs in inputs.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { errorCode } from "../../host/file-source.ts";
import { EMPTY_TREE } from "./release-bases.ts";

/** True also when they are the same. Through symlinks, and for paths that do not exist yet. */
export async function isInside(path: string, folder: string): Promise<boolean> {
  const way = relative(await realPathOf(resolve(folder)), await realPathOf(resolve(path)));
  return way !== ".." && !way.startsWith("../");
}

/** Throws `not-allowed`: what lies in a release's tree is signed and shipped with it. */
export async function checkNotShipped(paths: readonly string[], tree: string): Promise<void> {
  if (tree === EMPTY_TREE) return;
  for (const path of paths) {
    if (!(await isInside(path, tree))) continue;
    throw new InfieldError(
      "not-allowed",
      `${JSON.stringify(path)} lies in the tree, which goes to every laptop`,
      "keep the secret key and the repository outside of NEW",
    );
  }
}

/** Throws `not-allowed`: a tree with its own delta in it is not the tree the delta was made of. */
export async function checkOutputOutside(output: string, trees: readonly string[]): Promise<void> {
  for (const tree of trees) {
    if (tree === EMPTY_TREE || !(await isInside(output, tree))) continue;
    throw new InfieldError(
      "not-allowed",
      `${JSON.stringify(output)} lies in ${JSON.stringify(tree)}, of which the delta is made`,
      "write the delta outside of OLD and NEW",
    );
  }
}

async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || dirname(path) === path) return path;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}
