/**
 * Cuts spread over an action, from its first request to the disk to the moment after its last; and
 * mistakes planted on purpose, without whose discovery nothing would be worth much.
 */
import type { Plugin } from "esbuild";
import type { ActionName } from "../../faults/scene/actions.ts";
import { wrapModule } from "../../faults/victim/bundle.ts";
import type { Filesystem } from "../machine/disk.ts";
import { type Cut, type Cutting, makeStart, tryCut } from "./cuts.ts";
import { type Ground, plantMistake } from "./ground.ts";
import type { Random } from "./volatile-disk.ts";

/** No request has this number: the power goes when the action says that it is done. */
const AT_THE_END = Number.POSITIVE_INFINITY;

export type TellCut = (filesystem: Filesystem, action: ActionName, cut: Cut) => void;

/** `count` cuts, the last of them at the end. Resolves to what was wrong. */
export async function sweep(
  cutting: Cutting,
  filesystem: Filesystem,
  action: ActionName,
  count: number,
  random: Random,
  tell: TellCut,
): Promise<string[]> {
  const start = await makeStart(cutting, filesystem, action);
  const found: string[] = [];
  const cutAt = async (at: number) => {
    const cut = await tryCut(cutting, start, at, random);
    tell(filesystem, action, cut);
    found.push(...cut.violations.map((what) => `request ${at}, ${cut.phase}: ${what}`));
    return cut;
  };
  const { requests } = await cutAt(AT_THE_END);
  // One in each of as many equal parts, anywhere in it.
  const width = requests / (count - 1);
  for (let part = 0; part < count - 1; part++)
    await cutAt(1 + Math.floor((part + random()) * width));
  return found;
}

interface Mistake {
  readonly name: string;
  readonly action: ActionName;
  readonly filesystem: Filesystem;
  readonly plugin: Plugin;
}

/** Of the fsyncs that store.md gives a reason for, some are left out. */
export const MISTAKES: readonly Mistake[] = [
  {
    name: "no fsync of a new version's files",
    action: "update",
    filesystem: "ext4",
    plugin: wrapModule(
      "host/durable.ts",
      `export * from "original";
      export async function syncTree() {}
      export async function syncPaths() {}`,
    ),
  },
];

/** Nothing in the end means that the mistake was caught. */
export async function catchMistake(
  ground: Ground,
  { name, action, filesystem, plugin }: Mistake,
  random: Random,
  tell: TellCut,
): Promise<string[]> {
  const cutting = await plantMistake(ground, name.replaceAll(/\W+/g, "-"), plugin);
  const start = await makeStart(cutting, filesystem, action);
  for (let tries = 0; tries < 5; tries++) {
    const cut = await tryCut(cutting, start, AT_THE_END, random);
    tell(filesystem, action, { ...cut, phase: "planted" });
    if (cut.violations.length > 0) return [];
  }
  return [`the planted mistake, ${name}, was not caught`];
}
