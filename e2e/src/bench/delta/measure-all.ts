/** Every contender on every pair; then speed in detail on one of them. */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import type { Contender, Ground } from "../contest/contender.ts";
import { type Result, runContender } from "../contest/contest.ts";
import { prepareGround } from "../contest/ground.ts";
import { keepResult, recallResult } from "../contest/kept-results.ts";
import { ourLevels } from "../contest/ours.ts";
import { keptFolder } from "../pairs/kept.ts";
import { fetchPairs, listPairs, type Pair } from "../pairs/pairs.ts";
import { PEERS } from "../peers/all.ts";
import { findMissing } from "../peers/installed.ts";
import type { Options } from "./options.ts";
import { measureSpeed, type Speed } from "./speed.ts";

export interface Measured {
  readonly pairs: readonly {
    readonly pair: Pair;
    readonly newBytes: number;
    readonly results: readonly Result[];
  }[];
  /** What was not run, and why, a line each. */
  readonly missing: readonly string[];
  readonly speeds: readonly Speed[];
  /** The pair they were measured on. */
  readonly speedOf: string;
}

/**
 * The pair whose speed is measured in detail, where it is among those asked for; else the first.
 */
const SPEED_PAIR = "whl-native";

/** Runs everything, one after the other, and tells how it goes. */
export async function measureAll(
  { folder, levels, kept }: Options,
  tell: (line: string) => void,
): Promise<Measured> {
  const found = folder === undefined ? fetchPairs() : listPairs(folder);
  const missing = [...found.missing, ...absentPeers()];
  const contenders = [...ourLevels(levels), ...PEERS].filter(
    ({ programs }) => !findMissing(programs),
  );
  const speedOf =
    (found.pairs.find(({ name }) => name === SPEED_PAIR) ?? found.pairs[0])?.name ?? "";
  const pairs: Measured["pairs"][number][] = [];
  let speeds: Speed[] = [];
  for (const pair of found.pairs) {
    const work = tempFolder("bench");
    const ground = await prepareGround(pair, work);
    const results: Result[] = [];
    for (const contender of contenders.filter((one) => one.suits(ground))) {
      try {
        const result = runOrRecall(contender, ground, work, kept);
        tell(
          `${pair.name}: ${contender.name}, ${result.bytes} bytes, ${result.create.seconds.toFixed(1)} s`,
        );
        results.push(result);
      } catch (error) {
        missing.push(`${contender.name} on ${pair.name}: ${lastWords(error)}`);
      }
    }
    pairs.push({ pair, newBytes: sumBytes(pair.next), results });
    if (pair.name === speedOf) speeds = await measureSpeed(ground, levels);
    removeTempFolders();
  }
  return { pairs, missing, speeds, speedOf };
}

function absentPeers(): string[] {
  return PEERS.flatMap(({ name, programs }) => {
    const program = findMissing(programs);
    return program === undefined
      ? []
      : [`${name}: ${program} is not installed (npm run bench:peers)`];
  });
}

/** Ours are always run: they are what changes. */
function runOrRecall(contender: Contender, ground: Ground, work: string, kept: boolean): Result {
  if (contender.ours) return runContender(contender, ground, work);
  const results = keptFolder("results");
  const earlier = kept ? recallResult(results, contender, ground) : undefined;
  if (earlier !== undefined) return earlier;
  const result = runContender(contender, ground, work);
  keepResult(results, contender, ground, result);
  return result;
}

function lastWords(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: Buffer };
  return stderr?.toString().trim().split("\n").at(-1) || message;
}

function sumBytes(tree: string): number {
  return readdirSync(tree, { recursive: true, encoding: "utf8" })
    .map((path) => lstatSync(join(tree, path)))
    .reduce((total, stats) => total + (stats.isFile() ? stats.size : 0), 0);
}
