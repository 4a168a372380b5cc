/**
 * A channel of four small releases for the fault suites: small, as every call of every run is a
 * point where something goes wrong, and with one of everything that a tree can hold.
 */
import { join } from "node:path";
import {
  startVolunteer,
  type TreeSpec,
  writeTree,
} from "@infield/agent/src/store/testing/volunteer.ts";

/** Where the releases lie, and what was signed. */
export interface Scene {
  readonly repository: string;
  /** The tree of version n is in the folder n. */
  readonly folder: string;
  /** The tree id of version n at n. */
  readonly trees: readonly string[];
}

const HEALTH = { path: "bin/check", seconds: 20 };
const HEALTHY = "#!/bin/sh\nexit 0\n";

const FIRST: TreeSpec = {
  "bin/check": HEALTHY,
  "lib/kept": text(1, 6_000),
  "lib/changes": text(2, 6_000),
  "lib/small": "small enough to lie in an inode",
  "lib/gone": text(3, 5_000),
  link: "-> lib/kept",
};
const SECOND: TreeSpec = { ...without(FIRST, "lib/gone"), "lib/changes": text(4, 9_000) };
/** More than a piece of a blob, twice, and a new directory. */
const THIRD: TreeSpec = {
  ...SECOND,
  "lib/changes": text(5, 9_000),
  "new/large": text(6, 120_000),
  "new/twin": text(6, 120_000),
};
const SICK: TreeSpec = { ...SECOND, "bin/check": "#!/bin/sh\necho no good\nexit 1\n" };

/**
 * Makes the releases: 1, 2 and 3 in a row, each also from nothing, and 4, from 2, which fails its
 * health check.
 */
export async function makeScene(folder: string): Promise<Scene> {
  const volunteer = await startVolunteer(join(folder, "repository"));
  const trees = [""];
  const releases: [TreeSpec, number[]][] = [
    [FIRST, [0]],
    [SECOND, [1, 0]],
    [THIRD, [2, 0]],
    [SICK, [2]],
  ];
  for (const [index, [spec, from]] of releases.entries()) {
    const tree = await writeTree(join(folder, String(index + 1)), spec);
    trees.push((await volunteer.release(tree, from, HEALTH)).record.tree);
  }
  return { repository: volunteer.repository.path, folder, trees };
}

/** Bytes that hardly compress, the same each time (a linear congruential generator, as base 36). */
function text(seed: number, bytes: number): string {
  let x = seed;
  let result = "";
  while (result.length < bytes) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    result += x.toString(36);
  }
  return result.slice(0, bytes);
}

function without(spec: TreeSpec, path: string): TreeSpec {
  return Object.fromEntries(Object.entries(spec).filter(([name]) => name !== path));
}
