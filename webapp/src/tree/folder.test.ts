import type { FoundEntry } from "@infield/shared/tree";
import { expect, test } from "vitest";
import { listFolder, SMALL_BYTES } from "./folder.ts";

/** A file that counts how often it is read. */
class CountedBlob extends Blob {
  reads = 0;
  override slice(start?: number, end?: number, type?: string): Blob {
    this.reads++;
    return super.slice(start, end, type);
  }
}

async function list(files: Record<string, Blob>, folders: string[] = []): Promise<FoundEntry[]> {
  const input = {
    kind: "folder",
    name: "tree",
    files: Object.entries(files).map(([path, file]) => ({ path, file })),
    folders,
  } as const;
  const found: FoundEntry[] = [];
  for await (const entry of listFolder(input)) found.push(entry);
  return found;
}

test("folders, programs, scripts and other files get their modes", async () => {
  const found = await list(
    { "bin/a": new Blob(["\x7fELF…"]), run: new Blob(["#!/bin/sh"]), README: new Blob([]) },
    ["empty"],
  );
  expect(found.map(({ path, ...rest }) => [path, "mode" in rest && rest.mode.toString(8)])).toEqual(
    [
      ["empty", "755"],
      ["bin/a", "755"],
      ["run", "755"],
      ["README", "644"],
    ],
  );
});

test("a small file is read once however often it is needed, a large one never held", async () => {
  const small = new CountedBlob(["small"]);
  const large = new CountedBlob([new Uint8Array(SMALL_BYTES + 1).fill(7)]);
  const found = await list({ small, large });
  for (const entry of found) {
    if (entry.kind !== "file") throw new Error("both are files");
    for (let times = 0; times < 2; times++) {
      expect((await entry.source.read(1, 2)).length).toBe(2);
    }
  }
  expect(small.reads).toBe(1);
  expect(large.reads).toBe(3);
});
