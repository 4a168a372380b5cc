import { mkdirSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openRoot } from "./root/open-root.ts";
import { openTestTree, startVolunteer, temporaryFolder, updateFrom } from "./testing/volunteer.ts";

const FILES = 5_000;
const A_FOLDER = 500;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

it("a tree of many files is updated, sharing all that did not change", async () => {
  const tree = join(folder.path, "tree");
  for (let i = 0; i < FILES; i++) {
    if (i % A_FOLDER === 0) mkdirSync(join(tree, `d${i / A_FOLDER}`), { recursive: true });
    writeFileSync(join(tree, `d${Math.floor(i / A_FOLDER)}`, `f${i}`), `file number ${i}\n`);
  }
  const volunteer = await startVolunteer(join(folder.path, "repository"));
  await volunteer.release(tree, [0]);
  writeFileSync(join(tree, "added"), "one more\n");
  await volunteer.release(tree, [1]);

  const root = await openRoot(join(folder.path, "root"), { create: true });
  await root.identity.pinChannel(volunteer.channel.id);
  for (const version of [1, 2]) {
    await updateFrom(root, volunteer, version);
  }
  expect((await openTestTree(join(root.path, "current/."))).manifest).toEqual(
    (await openTestTree(tree)).manifest,
  );
  expect((await stat(join(root.path, "current/d0/f0"))).nlink).toBe(2);
  await root.close();
});
