import { execFileSync } from "node:child_process";
import { lstatSync } from "node:fs";
import {
  chmod,
  chown,
  mkdir,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { filesOf, type Manifest } from "@infield/shared/tree";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Hashed, stampOf } from "../host/file-stamp.ts";
import { openTestTree, temporaryFolder, writeTree } from "../store/testing/volunteer.ts";
import { findDifferences } from "./differences.ts";

/** Larger than one read of the search. */
const LARGE = "0123456789abcdef".repeat(40_000);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let tree: string;
let manifest: Manifest;
const at = (path: string) => join(tree, path);
const find = () => findDifferences(tree, manifest);

beforeEach(async () => {
  folder = await temporaryFolder();
  tree = await writeTree(join(folder.path, "tree"), {
    "a/one": "one",
    "a/two": "two",
    "b/link": "-> ../a/one",
    empty: "",
    large: LARGE,
    ملف: "arabic",
  });
  manifest = (await openTestTree(tree)).manifest;
});
afterEach(() => folder.remove());

/** Root may read everything; the search is done by somebody who may not. */
async function asNobody<T>(action: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return action();
  await chmod(folder.path, 0o755);
  process.seteuid?.(65_534);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}

it("finds none in the tree the manifest was made of", async () => {
  expect(await find()).toEqual([]);
});

it("names what changed, in manifest order: bytes, size, mode, link, kind, missing, extra", async () => {
  await writeFile(at("a/one"), "eno");
  await writeFile(at("large"), `${LARGE.slice(0, -1)}!`);
  await truncate(at("ملف"), 3);
  await chmod(at("a"), 0o700);
  await rm(at("b/link"));
  await symlink("../a/two", at("b/link"));
  await rm(at("empty"));
  await mkdir(at("empty/more"), { recursive: true });
  await rm(at("a/two"));
  expect(await find()).toEqual([
    { path: "a", how: "mode" },
    { path: "a/one", how: "bytes" },
    { path: "a/two", how: "missing" },
    { path: "b/link", how: "link" },
    { path: "empty", how: "type" },
    { path: "empty/more", how: "extra" },
    { path: "large", how: "bytes" },
    { path: "ملف", how: "bytes" },
  ]);
});

it("names a FIFO, and a link in the place of a file, without opening either", async () => {
  await rename(at("large"), join(folder.path, "large"));
  await symlink(join(folder.path, "large"), at("large"));
  await rm(at("a/one"));
  execFileSync("mkfifo", [at("a/one"), at("pipe")]);
  expect(await find()).toEqual([
    { path: "a/one", how: "type" },
    { path: "large", how: "type" },
    { path: "pipe", how: "extra" },
  ]);
});

it("names what cannot be read, and says nothing of what lies below it", async () => {
  await chmod(at("a"), 0o000);
  await writeFile(at("large"), LARGE, { mode: 0o200 });
  await chmod(at("large"), 0o200);
  expect(await asNobody(find)).toEqual([
    { path: "a", how: "mode" },
    { path: "a", how: "unreadable" },
    { path: "large", how: "unreadable" },
  ]);
});

it("says nothing of what lies below a directory that it cannot even look at", async () => {
  await mkdir(at("c/d"), { recursive: true });
  await writeFile(at("c/d/e"), "");
  ({ manifest } = await openTestTree(tree));
  await chmod(at("c"), 0o644);
  expect(await asNobody(find)).toEqual([
    { path: "c", how: "mode" },
    { path: "c/d", how: "unreadable" },
  ]);
});

it("names a name that is not UTF-8, though it looks like one of the tree's", async () => {
  await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xe9])]), "");
  expect(await find()).toEqual([{ path: "é", how: "extra" }]);
});

it("says in one line that the folder is gone, or no folder", async () => {
  await rename(tree, at("../aside"));
  expect(await find()).toEqual([{ path: ".", how: "missing" }]);
  await symlink("aside", tree);
  expect(await find()).toEqual([{ path: ".", how: "type" }]);
});

it.runIf(process.getuid?.() === 0)(
  "looks at owners only when the manifest names one (changing them needs root)",
  async () => {
    await chown(at("empty"), 7, 7);
    expect(await find()).toEqual([]);
    const owned = manifest.entries.map((entry) =>
      entry.path === "large" ? { ...entry, uid: 5 } : entry,
    );
    expect(await findDifferences(tree, { entries: owned })).toEqual([
      { path: "empty", how: "owner" },
      { path: "large", how: "owner" },
    ]);
  },
);

it("stops when it is cancelled", async () => {
  const search = findDifferences(tree, manifest, { signal: AbortSignal.abort() });
  await expect(search).rejects.toMatchObject({ name: "AbortError" });
});

it("stops at whatever moment it is cancelled", async () => {
  for (let moment = 0; ; moment++) {
    const signal = new AbortController().signal;
    let left = moment;
    signal.throwIfAborted = () => {
      if (left-- === 0) throw new DOMException("cancelled", "AbortError");
    };
    const search = findDifferences(tree, manifest, { signal });
    const outcome = await search.catch((error: unknown) => error);
    if (left >= 0) return expect(outcome).toEqual([]);
    expect(outcome).toMatchObject({ name: "AbortError" });
  }
});

describe("what was hashed a moment ago", () => {
  let hashed: Map<string, Hashed>;
  /** Whole seconds, which is what somebody can put back exactly. */
  const LONG_AGO = 1_000_000_000;
  beforeEach(async () => {
    await utimes(at("a/one"), LONG_AGO, LONG_AGO);
    hashed = new Map(
      filesOf(manifest).map(({ path, sha256 }) => [path, { stamp: stamp(path), sha256 }]),
    );
  });
  const stamp = (path: string) => stampOf(lstatSync(at(path), { bigint: true }));
  const find = () => findDifferences(tree, manifest, { hashed });

  it("is not read again", async () => {
    // So that reading it would show.
    const sha256 = "0".repeat(64);
    const entries = manifest.entries.map((one) =>
      one.path === "a/one" ? { ...one, sha256 } : one,
    );
    manifest = { entries };
    hashed.set("a/one", { stamp: stamp("a/one"), sha256 });
    expect(await find()).toEqual([]);
    hashed.delete("a/one");
    expect(await find()).toEqual([{ path: "a/one", how: "bytes" }]);
  });

  it("has to be what the manifest wants", async () => {
    hashed.set("a/one", { stamp: stamp("a/one"), sha256: "0".repeat(64) });
    expect(await find()).toEqual([{ path: "a/one", how: "bytes" }]);
  });

  it("is found to be changed, even by somebody who puts the time of the last write back", async () => {
    await writeFile(at("a/one"), "two");
    await utimes(at("a/one"), LONG_AGO, LONG_AGO);
    expect(await find()).toEqual([{ path: "a/one", how: "bytes" }]);
  });

  it("is found to be another file by now, even one of the same size and time", async () => {
    await writeFile(at("new"), "two");
    await utimes(at("new"), LONG_AGO, LONG_AGO);
    await rename(at("new"), at("a/one"));
    expect(await find()).toEqual([{ path: "a/one", how: "bytes" }]);
  });
});
