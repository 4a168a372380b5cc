/** A tree that was chosen and read, with what later steps need to know about it. */
import {
  filesOf,
  type InputTree,
  makeExecutable,
  type SourceTree,
  treeBytes,
  treeId,
} from "@infield/shared/tree";
import { EMPTY_TREE } from "../../tree/empty-tree.ts";
import { openTree } from "../../tree/open-tree.ts";
import type { TreeInput } from "../../tree/tree-input.ts";
import type { ReportProgress } from "../../ui/work.ts";
import { texts } from "./texts.ts";

export interface ChosenTree {
  /** `empty`: no tree at all, the base of a full install. */
  readonly kind: TreeInput["kind"] | "empty";
  readonly name: string;
  /** As it was read. */
  readonly input: InputTree;
  /** As it is to be, with programs made executable or not. */
  readonly tree: SourceTree;
  /** Tree id, as 64 hex digits. */
  readonly id: string;
  readonly files: number;
  readonly bytes: number;
}

export const NO_TREE: ChosenTree = describe("empty", texts.noneChosen, EMPTY_TREE, EMPTY_TREE);

/** Reads what was chosen. Throws what `openTree` throws. */
export async function readTree(
  signal: AbortSignal,
  input: TreeInput,
  report: ReportProgress,
): Promise<ChosenTree> {
  const tree = await openTree(signal, input, ({ step, doneBytes, totalBytes }) =>
    report(doneBytes, totalBytes, texts[step]),
  );
  return describe(input.kind, input.name, tree, tree);
}

/** The same tree, the programs of an input without modes executable or not. */
export function withExecutable(chosen: ChosenTree, executable: boolean): ChosenTree {
  const { kind, name, input } = chosen;
  return describe(kind, name, input, executable ? makeExecutable(input) : input);
}

function describe(
  kind: ChosenTree["kind"],
  name: string,
  input: InputTree,
  tree: InputTree,
): ChosenTree {
  const { manifest } = tree;
  return {
    kind,
    name,
    input,
    tree,
    id: treeId(manifest),
    files: filesOf(manifest).length,
    bytes: treeBytes(manifest),
  };
}
