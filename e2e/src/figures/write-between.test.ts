import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { writeBetween } from "./write-between.ts";

const file = join(tempFolder("write"), "doc.md");
afterAll(removeTempFolders);

it("replaces what stands between the markers, and nothing else", () => {
  writeFileSync(file, "before\n<!-- table -->\nold\n<!-- /table -->\nafter\n");
  writeBetween(file, "table", "new");
  writeBetween(file, "table", "newer");
  expect(readFileSync(file, "utf8")).toBe(
    "before\n<!-- table -->\nnewer\n<!-- /table -->\nafter\n",
  );
});

it("throws where a marker is missing, and leaves the file alone", () => {
  writeFileSync(file, "<!-- table -->\n");
  expect(() => writeBetween(file, "table", "new")).toThrow(/has no/);
  expect(readFileSync(file, "utf8")).toBe("<!-- table -->\n");
});
