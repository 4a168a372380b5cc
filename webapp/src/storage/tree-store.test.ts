import { utf8 } from "@infield/shared/base";
import { blobRoot } from "@infield/shared/records";
import {
  bytesSource,
  createManifest,
  filesOf,
  type SourceTree,
  treeId,
} from "@infield/shared/tree";
import { expect, test } from "vitest";
import { memoryKeyValues } from "./testing/memory-storage.ts";
import { createTreeStore } from "./tree-store.ts";

const never = new AbortController().signal;
const MB = 1_000_000;

/** A tree of files with these contents. */
function treeOf(contents: Record<string, string>): SourceTree {
  const file = { kind: "file", mode: 0o644, uid: 0, gid: 0 } as const;
  return {
    manifest: createManifest(
      Object.entries(contents).map(([path, text]) => ({
        ...file,
        ...{ path, size: utf8(text).length, sha256: blobRoot(utf8(text)) },
      })),
    ),
    open: (path) => bytesSource(utf8(contents[path] ?? "")),
    close: async () => {},
  };
}
const idOf = (tree: SourceTree) => treeId(tree.manifest);
const open = (quotaBytes: number) => {
  const values = memoryKeyValues<Blob>();
  return { values, trees: createTreeStore(values, async () => quotaBytes) };
};

test("a tree comes back with every byte in place", async () => {
  const { trees } = open(100 * MB);
  const tree = treeOf({ a: "first", empty: "", "b-c": "second file", z: "last" });
  expect(await trees.has(idOf(tree))).toBe(false);
  expect(await trees.keep(tree, never, () => {})).toBe(true);
  const kept = await trees.open(idOf(tree));
  expect(kept?.manifest).toEqual(tree.manifest);
  for (const { path, size } of filesOf(tree.manifest)) {
    expect(await kept?.open(path).read(0, size), path).toEqual(await tree.open(path).read(0, size));
  }
});

test("the oldest trees make way; one that never fits leaves the others in place", async () => {
  const { values, trees } = open(100);
  const [first, second] = ["1", "2"].map((name) => treeOf({ [name]: name.repeat(12) }));
  if (!first || !second) throw new Error("two trees");
  // More is stored than the files' bytes: trees may take 30 of the 100 bytes, and a manifest alone
  // is larger.
  expect(await trees.keep(first, never, () => {})).toBe(true);
  expect(await trees.keep(second, never, () => {})).toBe(true);
  expect([await trees.has(idOf(first)), await trees.has(idOf(second))]).toEqual([false, true]);
  expect(await trees.keep(treeOf({ large: "x".repeat(31) }), never, () => {})).toBe(false);
  expect([...values.entries.keys()]).toHaveLength(1);
  expect(await trees.has(idOf(second))).toBe(true);
});

test("no more than twelve are kept", async () => {
  const { values, trees } = open(100 * MB);
  for (let name = 0; name < 15; name++) await trees.keep(treeOf({ [name]: "x" }), never, () => {});
  expect(values.entries.size).toBe(12);
});

test("a tree is not kept if that was cancelled", async () => {
  const { values, trees } = open(100 * MB);
  const stop = new AbortController();
  stop.abort();
  await expect(trees.keep(treeOf({ a: "b" }), stop.signal, () => {})).rejects.toMatchObject({
    name: "AbortError",
  });
  expect(values.entries.size).toBe(0);
});
