/** Sharing by two threads, of as much as makes the second one worth it: two large files without any blocks, and small ones. */
import { createHash } from "node:crypto";
import { open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileEntry } from "@infield/shared";
import { afterEach, beforeEach, expect, it } from "vitest";
import { temporaryFolder, writeTree } from "../store/testing/volunteer.ts";
import { type Sharing, startSharing } from "./share-unchanged.ts";

const LARGE_BYTES = 128 * 1024 * 1024;
const SMALL = Array.from({ length: 200 }, (_, number) => `small ${number}`);
const zeros = createHash("sha256");
for (let bytes = 0; bytes < LARGE_BYTES; bytes += 1024 * 1024) zeros.update(new Uint8Array(1024 * 1024));
const ZEROS = zeros.digest("hex");

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let sharing: Sharing;
let entries: FileEntry[];
const path = (...parts: string[]) => join(folder.path, ...parts);

beforeEach(async () => {
  folder = await temporaryFolder();
  await writeTree(path("base"), Object.fromEntries(SMALL.map((name) => [name, name])));
  await writeTree(path("out"), {});
  for (const name of ["large 1", "large 2"]) {
    const handle = await open(path("base", name), "wx", 0o644);
    await handle.truncate(LARGE_BYTES);
    await handle.close();
  }
  entries = [entryOf("large 1", LARGE_BYTES, ZEROS), entryOf("large 2", LARGE_BYTES, ZEROS)];
  for (const name of SMALL)
    entries.push(entryOf(name, name.length, createHash("sha256").update(name).digest("hex")));
});
afterEach(async () => {
  await sharing.stop();
  await folder.remove();
});

function entryOf(name: string, size: number, sha256: string): FileEntry {
  return { kind: "file", path: name, mode: 0o644, uid: 0, gid: 0, size, sha256 };
}

function start(): Sharing {
  const unchanged = entries.map((entry) => ({ target: entry, old: entry }));
  sharing = startSharing({ out: path("out"), baseFolder: path("base"), mayLink: true, unchanged });
  return sharing;
}

it("every file is there once, whichever thread took it, and every link is told with the stamp of its inode", async () => {
  const linked = await start().finish(() => {});
  expect((await readdir(path("out"))).sort()).toEqual(entries.map((entry) => entry.path).sort());
  expect(sharing.doneBytes()).toBe(entries.reduce((total, { size }) => total + size, 0));
  for (const { path: name, sha256 } of entries) {
    const { ino } = await stat(path("out", name));
    // Where the filesystem clones, nothing is linked.
    if (linked.size > 0)
      expect(linked.get(name)).toMatchObject({ sha256, stamp: expect.stringContaining(` ${ino} `) });
  }
  expect(await readFile(path("out", "small 7"), "utf8")).toBe("small 7");
});

it.each(["large 1", "small 199"])(
  "a file of the base that is not what it was is refused: %s",
  async (name) => {
    await writeFile(path("base", name), "changed");
    await expect(start().finish(() => {})).rejects.toMatchObject({
      code: "wrong-base",
      message: expect.stringContaining(JSON.stringify(name)),
    });
  },
);

it("nothing is written any more once it was stopped", async () => {
  await start().stop();
  const left = await readdir(path("out"));
  expect(left.length).toBeLessThan(entries.length);
  await new Promise(setImmediate);
  expect(await readdir(path("out"))).toEqual(left);
});
