/**
 * Sharing by two threads, of as much as makes the second one worth it: two large files without any
 * blocks, and small ones.
 */
import { createHash } from "node:crypto";
import { open, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileEntry } from "@infield/shared/tree";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Hashed } from "../../host/file-stamp.ts";
import { temporaryFolder, writeTree } from "../../store/testing/volunteer.ts";
import type { FileSharer } from "./share-file.ts";
import {
  type Helper,
  type ShareJob,
  type SharePlace,
  type Sharing,
  shareFiles,
  sharerFor,
  startHelper,
  startSharing,
} from "./share-unchanged.ts";

const LARGE_BYTES = 128 * 1024 * 1024;
const SMALL = Array.from({ length: 200 }, (_, number) => `small ${number}`);
const zeros = createHash("sha256");
for (let bytes = 0; bytes < LARGE_BYTES; bytes += 1024 * 1024)
  zeros.update(new Uint8Array(1024 * 1024));
const ZEROS = zeros.digest("hex");

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let helper: Helper | undefined;
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
  await helper?.stop();
  await folder.remove();
});

function entryOf(name: string, size: number, sha256: string): FileEntry {
  return { kind: "file", path: name, mode: 0o644, uid: 0, gid: 0, size, sha256 };
}

function placeHere(): SharePlace {
  return { out: path("out"), baseFolder: path("base"), mayLink: true };
}

function pairsOf(files: readonly FileEntry[]): ShareJob["unchanged"] {
  return files.map((entry) => ({ target: entry, old: entry, mayLink: true }));
}

function start(): Sharing {
  helper = startHelper({ place: placeHere(), baseFiles: entries });
  return startSharing(placeHere(), pairsOf(entries), helper);
}

/** By one thread, from the beginning. */
function share(sharer: FileSharer, files: readonly FileEntry[]): ReadonlyMap<string, Hashed> {
  const job = { unchanged: pairsOf(files), counters: new BigInt64Array(2) };
  return shareFiles(sharer, placeHere(), job, "first");
}

it("every file is there once, whichever thread took it, and every link is told with the stamp of its inode", async () => {
  const sharing = start();
  const linked = await sharing.finish(() => {});
  expect((await readdir(path("out"))).sort()).toEqual(entries.map((entry) => entry.path).sort());
  expect(sharing.doneBytes()).toBe(entries.reduce((total, { size }) => total + size, 0));
  for (const { path: name, sha256 } of entries) {
    const { ino } = await stat(path("out", name));
    // Where the filesystem clones, nothing is linked.
    if (linked.size > 0)
      expect(linked.get(name)).toMatchObject({
        sha256,
        stamp: expect.stringContaining(` ${ino} `),
      });
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

it.each([0, 1, 57, SMALL.length])(
  "from both ends, each file is taken once: %i from the beginning",
  async (before) => {
    const small = entries.filter(({ path: name }) => name.startsWith("small"));
    const job = { unchanged: pairsOf(small), counters: new BigInt64Array(2) };
    const take = (end: "first" | "last", onFile?: () => void) =>
      shareFiles(sharerFor(placeHere()), placeHere(), job, end, onFile);
    let taken = 0;
    if (before === 0) take("last");
    take("first", () => ++taken === before && take("last"));
    expect(taken).toBe(before);
    expect((await readdir(path("out"))).sort()).toEqual([...SMALL].sort());
  },
);

it("a file that was hashed ahead is refused when it was written to since, with its size and time put back", async () => {
  const [small, changed] = ["small 1", "small 2"].map((name) =>
    entries.find((entry) => entry.path === name),
  );
  if (small === undefined || changed === undefined) throw new Error("no such files");
  const sharer = sharerFor(placeHere());
  for (const entry of [small, changed]) sharer.hashAhead({ path: path("base", entry.path), entry });
  const { atime, mtime } = await stat(path("base/small 2"));
  await writeFile(path("base/small 2"), "SMALL 2");
  await utimes(path("base/small 2"), atime, mtime);
  share(sharer, [small]);
  expect(await readFile(path("out/small 1"), "utf8")).toBe("small 1");
  expect(() => share(sharer, [changed])).toThrow(/small 2/);
  await writeFile(path("base/small 2"), "small 2");
  await rm(path("out/small 2"), { force: true });
  share(sharer, [changed]);
  expect(await readFile(path("out/small 2"), "utf8")).toBe("small 2");
});

it("what is wrong with a file that was hashed ahead is told when it is wanted, and only then", async () => {
  const [first, second] = entries.filter(({ path: name }) => name.startsWith("small"));
  if (first === undefined || second === undefined) throw new Error("no such files");
  await rm(path("base", second.path));
  const sharer = sharerFor(placeHere());
  for (const entry of [first, second]) sharer.hashAhead({ path: path("base", entry.path), entry });
  share(sharer, [first]);
  expect(() => share(sharer, [second])).toThrow(expect.objectContaining({ code: "wrong-base" }));
});

it("nothing is written any more once it was stopped", async () => {
  start();
  await helper?.stop();
  const left = await readdir(path("out"));
  expect(left.length).toBeLessThan(entries.length);
  await new Promise(setImmediate);
  expect(await readdir(path("out"))).toEqual(left);
});
