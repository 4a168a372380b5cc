import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import known from "./pairs.json" with { type: "json" };
import { listPairs } from "./pairs.ts";

afterAll(removeTempFolders);

it("lists the folders that hold an old and a new tree", () => {
  const folder = tempFolder("pairs");
  for (const path of ["mine/old", "mine/new", "half/old", ".downloads"])
    mkdirSync(join(folder, path), { recursive: true });
  expect(listPairs(folder).pairs).toEqual([
    {
      name: "mine",
      about: "mine",
      security: false,
      old: join(folder, "mine/old"),
      next: join(folder, "mine/new"),
    },
  ]);
});

it("pins both versions of every package", () => {
  for (const { old, new: next } of known.flatMap(({ packages }) => packages)) {
    for (const [version, sha256] of [old, next]) {
      expect(version).toMatch(/^\d/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(old[1]).not.toBe(next[1]);
  }
});
