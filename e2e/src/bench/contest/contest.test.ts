/**
 * Every peer that is installed, on a small pair of trees: what it makes is applied and right, and
 * what is wrong is seen.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import { compareFolders } from "../../trees/compare-folders.ts";
import { PEERS } from "../peers/all.ts";
import { addBuiltPrograms, findMissing } from "../peers/installed.ts";
import type { Contender, Ground } from "./contender.ts";
import { runContender } from "./contest.ts";
import { prepareGround } from "./ground.ts";
import { keepResult, recallResult } from "./kept-results.ts";
import { ourLevels } from "./ours.ts";

addBuiltPrograms();
let folder: string;
let ground: Ground;

beforeAll(async () => {
  folder = tempFolder("contest");
  const [old, next] = [writeTree(join(folder, "old"), 1), writeTree(join(folder, "new"), 2)];
  mkdirSync(join(folder, "ground"));
  ground = await prepareGround(
    { name: "small", about: "", security: false, old, next },
    join(folder, "ground"),
  );
});
afterAll(removeTempFolders);

describe.each([...ourLevels(["default"]), ...PEERS])("$name", (contender) => {
  const missing = findMissing(contender.programs);
  it.skipIf(missing)(
    `makes a delta that gives the new version${missing ? ` (skipped: ${missing} is not installed)` : ""}`,
    () => {
      expect(contender.suits(ground)).toBe(true);
      const result = runContender(contender, ground, folder);
      expect(result.differences).toEqual([]);
      expect(result.bytes).toBeGreaterThan(0);
      expect(result.version).toMatch(/\d|this checkout/);
      expect(result.commands.join("\n")).not.toContain(folder);
    },
  );
});

describe("a contest", () => {
  it("tells what an applied delta got wrong", () => {
    const { differences } = runContender(forgetful, ground, folder);
    expect(differences).toEqual(["bytes: text"]);
  });

  it("keeps the results of a pair, and marks them", () => {
    const result = runContender(forgetful, ground, folder);
    keepResult(folder, forgetful, ground, result);
    expect(recallResult(folder, forgetful, ground)).toEqual({ ...result, kept: true });
    expect(recallResult(folder, { ...forgetful, version: () => "2" }, ground)).toBeUndefined();
    expect(recallResult(folder, forgetful, { ...ground, nextTar: ground.oldTar })).toBeUndefined();
  });
});

/** Gives the old text instead of the new. */
const forgetful: Contender = {
  name: "forgetful",
  ours: false,
  programs: [],
  version: () => "1",
  suits: () => true,
  create: () => 1,
  apply({ next }, work) {
    const tree = writeTree(join(work, "out"), 2);
    writeFileSync(join(tree, "text"), text(1));
    return compareFolders(next, tree);
  },
};

function writeTree(tree: string, version: number): string {
  mkdirSync(join(tree, "folder"), { recursive: true });
  writeFileSync(join(tree, "text"), text(version));
  writeFileSync(join(tree, "folder/same"), text(7));
  writeFileSync(join(tree, "folder/page.gz"), gzipSync(text(version + 2)));
  writeFileSync(join(tree, "folder/run"), "#!/bin/sh\n");
  chmodSync(join(tree, "folder/run"), 0o755);
  symlinkSync("folder/same", join(tree, "link"));
  if (version === 2) writeFileSync(join(tree, "added"), "came with version 2\n");
  return tree;
}

/** The same length for every version, so that nobody can tell by the size. */
function text(version: number): string {
  return Array.from({ length: 4000 }, (_, i) =>
    `${(i * 7919 * (i % 97 === 0 ? version : 1)) % 10_007}`.padStart(5),
  ).join("\n");
}
