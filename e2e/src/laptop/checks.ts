/** What is tried with a whole laptop, in its complete form and in the sample that CI takes. */
import type { ActionName } from "../faults/scene/actions.ts";
import { FILESYSTEMS } from "./machine/disk.ts";
import { type Ground, preparePower } from "./power/ground.ts";
import { catchMistake, MISTAKES, sweep, type TellCut } from "./power/sweep.ts";
import type { Random } from "./power/volatile-disk.ts";

export interface Tools {
  /** Empty, for all that is made. */
  readonly folder: string;
  readonly random: Random;
  readonly tellCut: TellCut;
  /** Made by the first check that needs it. */
  power(): Promise<Ground>;
}

export interface Check {
  readonly name: string;
  /** Resolves to what was wrong. */
  run(tools: Tools): Promise<readonly string[]>;
}

/** Cuts of each action on each filesystem. */
const CUTS: Readonly<Record<ActionName, number>> = {
  install: 10,
  update: 24,
  fail: 12,
  rollback: 10,
  prune: 10,
  repair: 10,
};
const SAMPLE_CUTS = 3;

export function listChecks(form: "complete" | "short"): Check[] {
  const cuts = FILESYSTEMS.flatMap((filesystem) =>
    (Object.keys(CUTS) as ActionName[])
      .filter((action) => form === "complete" || action === "update")
      .map((action) => ({
        name: `power cuts, ${filesystem}: ${action}`,
        run: async ({ power, random, tellCut }: Tools) => {
          const count = form === "complete" ? CUTS[action] : SAMPLE_CUTS;
          return sweep((await power()).sound, filesystem, action, count, random, tellCut);
        },
      })),
  );
  const mistakes = MISTAKES.map((mistake) => ({
    name: `power cuts catch a planted mistake: ${mistake.name}`,
    run: async ({ power, random, tellCut }: Tools) =>
      catchMistake(await power(), mistake, random, tellCut),
  }));
  return [...cuts, ...mistakes];
}

export function prepareTools(folder: string, random: Random, tellCut: TellCut): Tools {
  let power: Promise<Ground> | undefined;
  return {
    ...{ folder, random, tellCut },
    power() {
      power ??= preparePower(`${folder}/power`);
      return power;
    },
  };
}
