import { readdir, writeFile } from "node:fs/promises";
import type { BlobRecord } from "@infield/shared/records";
import { describe, expect, it } from "vitest";
import { prune } from "../prune/prune.ts";
import { useRoot } from "../testing/use-root.ts";
import { writeTree } from "../testing/volunteer.ts";
import { dropMade, keepMade, MAX_MADE, readMade } from "./made-deltas.ts";

/** Versions 1 to 3, each with a delta from the one before; 1 is installed. */
const laptop = useRoot(async ({ path, volunteer, update }) => {
  for (const version of [1, 2, 3]) {
    const tree = await writeTree(path(String(version)), { a: `version ${version}` });
    await volunteer.release(tree, [version - 1]);
  }
  await update(1);
});
const { path, update } = laptop;

/** As a delta from `from` to `to` whose bytes are here. */
async function make(from: number, to: number): Promise<BlobRecord> {
  const bytes = async function* () {
    yield new TextEncoder().encode(`from ${from} to ${to}`);
  };
  const written = await laptop.root.change((writable) => writable.repository.writeBlob(bytes()));
  const claims = { base: "0".repeat(64), decoderBytes: 0, writtenBytes: 0, writtenEntries: 0 };
  const blob = { from, ...claims, ...written };
  await laptop.root.change((writable) => keepMade(writable, { to, blob }));
  return blob;
}
const listed = async () => (await readMade(laptop.root)).map(({ to, blob }) => [blob.from, to]);
const blobs = () => readdir(path("root/repository/blobs"));

describe("a delta made later", () => {
  it("is kept over a restart, and until a newer version is in use", async () => {
    const stale = await make(1, 2);
    const fresh = await make(1, 3);
    await laptop.reopen();
    expect(await listed()).toEqual([
      [1, 2],
      [1, 3],
    ]);
    await update(3);
    expect(await listed()).toEqual([[1, 3]]);
    expect(await blobs()).not.toContain(stale.root);
    expect(await blobs()).toContain(fresh.root);
  });

  it("is among what prune removes", async () => {
    const { root } = await make(1, 3);
    expect((await laptop.root.change((writable) => prune(writable, 0))).blobs).toEqual([root]);
    expect(await listed()).toEqual([]);
  });

  it("takes the place of an earlier one between the same versions, and of the oldest where there are too many", async () => {
    for (let from = 0; from < MAX_MADE + 2; from++) await make(from, 99);
    await make(5, 99);
    expect(await listed()).toEqual(
      [
        ...Array.from({ length: MAX_MADE }, (_, index) => index + 2).filter((from) => from !== 5),
        5,
      ].map((from) => [from, 99]),
    );
    // And those of release 1.
    expect(await blobs()).toHaveLength(MAX_MADE + 1);
  });

  it("goes with its bytes once it was wrong", async () => {
    const { root } = await make(1, 3);
    await laptop.root.change((writable) => dropMade(writable, root));
    expect(await listed()).toEqual([]);
    expect(await blobs()).not.toContain(root);
  });

  it("is forgotten when the list is damaged, as it can be made again", async () => {
    await make(1, 3);
    await writeFile(path("root/made.json"), '{"infield":"made 1","deltas":[{"to":');
    expect(await listed()).toEqual([]);
  });
});
