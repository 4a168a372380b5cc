/**
 * One contender on one pair: makes its delta, applies it, and holds the result against the new
 * version.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Contender, Ground } from "./contender.ts";
import { namesOf } from "./ground.ts";
import { type Cost, Meter } from "./meter.ts";

export interface Result {
  readonly contender: string;
  readonly ours: boolean;
  readonly version: string;
  /** What travels. */
  readonly bytes: number;
  readonly create: Cost;
  readonly apply: Cost;
  /** What the applied delta got wrong. */
  readonly differences: readonly string[];
  readonly commands: readonly string[];
  /** From an earlier run: its times were not taken side by side with the others. */
  readonly kept: boolean;
}

/** Runs it in `folder`, whose files of an earlier contender go away first. */
export function runContender(contender: Contender, ground: Ground, folder: string): Result {
  const work = join(folder, "work");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  const names = namesOf(ground);
  const [create, apply] = [new Meter(work, names), new Meter(work, names)];
  const bytes = contender.create(ground, work, create);
  const differences = contender.apply(ground, work, apply);
  return {
    contender: contender.name,
    ours: contender.ours,
    version: contender.version(),
    bytes,
    create: create.cost,
    apply: apply.cost,
    differences,
    commands: [...create.commands, ...apply.commands],
    kept: false,
  };
}
