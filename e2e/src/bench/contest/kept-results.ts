/**
 * Results of peers kept from earlier runs: some take minutes, and on the same pair with the same
 * program they never change.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contender, Ground } from "./contender.ts";
import type { Result } from "./contest.ts";

/** The result that `folder` keeps of an earlier run, marked as such. */
export function recallResult(
  folder: string,
  contender: Contender,
  ground: Ground,
): Result | undefined {
  const file = fileOf(folder, contender, ground);
  return existsSync(file)
    ? { ...(JSON.parse(readFileSync(file, "utf8")) as Result), kept: true }
    : undefined;
}

export function keepResult(
  folder: string,
  contender: Contender,
  ground: Ground,
  result: Result,
): void {
  writeFileSync(fileOf(folder, contender, ground), JSON.stringify(result));
}

/**
 * Named after all that the result follows from: both trees, the program's version, and the code
 * that runs it.
 */
function fileOf(folder: string, contender: Contender, ground: Ground): string {
  const hash = createHash("sha256").update(`${contender.name}\n${contender.version()}\n`);
  for (const file of [ground.oldTar, ground.nextTar, ...sourcesOfPeers()])
    hash.update(readFileSync(file));
  return join(folder, `${hash.digest("hex")}.json`);
}

function sourcesOfPeers(): string[] {
  const peers = fileURLToPath(new URL("../peers", import.meta.url));
  return readdirSync(peers)
    .sort()
    .map((name) => join(peers, name));
}
