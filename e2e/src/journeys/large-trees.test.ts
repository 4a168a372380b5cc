/**
 * Trees at the edge of what is allowed, through the real command line; the small hard ones are
 * tested with it (agent/src/cli).
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { infield } from "../harness/infield.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { compareFolders } from "../trees/compare-folders.ts";
import { MB, noise, permute } from "../trees/large-trees.ts";

async function roundTrip(folder: string): Promise<{ bytes: number }> {
  const [a, b, delta, c] = ["a", "b", "delta", "c"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const made = await infield<{ bytes: number }>("delta", "create", a, b, "-o", delta);
  await infield("delta", "apply", a, delta, "-o", c);
  expect(compareFolders(b, c)).toEqual([]);
  return made;
}

describe("a delta of", () => {
  afterAll(removeTempFolders);

  it("50,000 small files, a few of them changed, costs little for the others", async () => {
    const folder = tempFolder("many");
    for (const tree of ["a", "b"]) {
      for (let i = 0; i < 50_000; i++) {
        if (i % 500 === 0) mkdirSync(join(folder, tree, `folder ${i / 500}`), { recursive: true });
        const text = tree === "b" && i % 10_000 === 0 ? `file ${i}, told again\n` : `file ${i}\n`;
        writeFileSync(join(folder, tree, `folder ${Math.floor(i / 500)}`, `${i}.txt`), text);
      }
    }
    const { bytes } = await roundTrip(folder);
    expect(bytes).toBeLessThan(1000);
  });

  it("a file of 300 MB that changed in its middle and grew at its start stays small", async () => {
    const folder = tempFolder("large");
    const block = noise("block", MB);
    for (const tree of ["a", "b"]) {
      mkdirSync(join(folder, tree));
      const file = openSync(join(folder, tree, "large.img"), "w");
      if (tree === "b") writeSync(file, noise("grown", 1000));
      for (let i = 0; i < 300; i++) {
        block.writeUInt32LE(tree === "b" && i === 150 ? 999 : i, 5000);
        writeSync(file, permute(block, i));
      }
      closeSync(file);
    }
    const { bytes } = await roundTrip(folder);
    expect(bytes).toBeLessThan(MB);
  });
});
