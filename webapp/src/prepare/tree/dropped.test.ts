import { MAX_ENTRIES } from "@infield/shared/base";
import { expect, test } from "vitest";
import { type DroppedEntry, type DroppedFile, type DroppedFolder, readDropped } from "./dropped.ts";

const never = new AbortController().signal;

function file(name: string, text = name): DroppedFile {
  return { isFile: true, isDirectory: false, name, file: (found) => found(new File([text], name)) };
}

/**
 * A folder whose reader gives its entries in batches, as browsers do: a hundred at a time, then
 * none.
 */
function folder(name: string, entries: readonly DroppedEntry[], batch = 100): DroppedFolder {
  return {
    isFile: false,
    isDirectory: true,
    name,
    createReader() {
      let at = 0;
      return {
        readEntries(found) {
          found(entries.slice(at, at + batch));
          at += batch;
        },
      };
    },
  };
}

test("a folder is walked completely, in batches, including empty folders", async () => {
  const many = Array.from({ length: 250 }, (_, i) => file(`f${i}`));
  const root = folder("tree", [
    file("README"),
    folder("bin", many),
    folder("empty", []),
    folder("a", [folder("b", [file("c")])]),
  ]);
  const input = await readDropped(never, [root]);
  if (input.kind !== "folder") throw new Error("a folder was dropped");
  expect(input.name).toBe("tree");
  expect(input.files.length).toBe(252);
  expect(input.files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["README", "bin/f249", "a/b/c"]),
  );
  expect([...input.folders].sort()).toEqual(["a", "a/b", "bin", "empty"]);
  expect(await input.files.find(({ path }) => path === "bin/f7")?.file.text()).toBe("f7");
});

test("one file is taken as an archive", async () => {
  const input = await readDropped(never, [file("tree.tar.gz", "bytes")]);
  expect(input).toMatchObject({ kind: "archive", name: "tree.tar.gz" });
});

test("several items, or one that is not a file, get a clear error", async () => {
  await expect(readDropped(never, [file("a"), file("b")])).rejects.toMatchObject({
    code: "not-a-tree",
    message: "2 items were dropped",
  });
  await expect(readDropped(never, [])).rejects.toMatchObject({ code: "not-a-tree" });
});

test("a folder that contains itself ends at the limit", async () => {
  const loop: DroppedFolder = folder("loop", []);
  const entries = Array.from({ length: 1000 }, () => loop);
  loop.createReader = () => folder("loop", entries, 1000).createReader();
  expect(MAX_ENTRIES).toBeLessThan(1_000_000);
  await expect(readDropped(never, [loop])).rejects.toMatchObject({ code: "limit-exceeded" });
});

test("a file that cannot be read is named", async () => {
  const secret: DroppedFile = {
    ...file("secret"),
    file: (_, failed) => failed(new DOMException("no", "NotReadableError")),
  };
  await expect(readDropped(never, [folder("tree", [secret])])).rejects.toMatchObject({
    code: "unreadable-file",
    message: '"secret" cannot be read',
  });
});

test("cancelling ends the walk", async () => {
  await expect(
    readDropped(AbortSignal.abort(), [folder("tree", [file("a")])]),
  ).rejects.toMatchObject({
    name: "AbortError",
  });
});
