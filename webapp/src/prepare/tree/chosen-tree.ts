/** A tree that was chosen and read, with what later steps need to know about it. */
import { filesOf, type SourceTree, treeBytes, treeId } from "@infield/shared/tree";
import { EMPTY_TREE } from "../../tree/empty-tree.ts";
import { openTree } from "../../tree/open-tree.ts";
import type { TreeInput } from "../../tree/tree-input.ts";
import type { ReportProgress } from "../../ui/work.ts";
import { texts } from "./texts.ts";

export interface ChosenTree {
  /** `empty`: no tree at all, the base of a full install. */
  readonly kind: TreeInput["kind"] | "empty";
  readonly name: string;
  readonly tree: SourceTree;
  /** Tree id, as 64 hex digits. */
  readonly id: string;
  readonly files: number;
  readonly bytes: number;
}

export const NO_TREE: ChosenTree = describe("empty", texts.noneChosen, EMPTY_TREE);

/** Reads what was chosen. Throws what `openTree` throws. */
export async function readTree(
  signal: AbortSignal,
  input: TreeInput,
  report: ReportProgress,
): Promise<ChosenTree> {
  const tree = await openTree(signal, input, ({ step, doneBytes, totalBytes }) =>
    report(doneBytes, totalBytes, texts[step]),
  );
  return describe(input.kind, input.name, tree);
}

function describe(kind: ChosenTree["kind"], name: string, tree: SourceTree): ChosenTree {
  const { manifest } = tree;
  return {
    kind,
    name,
    tree,
    id: treeId(manifest),
    files: filesOf(manifest).length,
    bytes: treeBytes(manifest),
  };
}
