import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { useRoot } from "../testing/use-root.ts";
import { writeTree } from "../testing/volunteer.ts";

/** Versions 1 to 4, each with a delta from the one before; 1 is installed. */
const laptop = useRoot(async ({ path, volunteer, update }) => {
  for (const version of [1, 2, 3, 4]) {
    const tree = await writeTree(path(String(version)), { a: `version ${version}` });
    await volunteer.release(tree, [version - 1]);
  }
  await update(1);
});
const { path, update } = laptop;
const blobsOf = (version: number) =>
  laptop.volunteer.releases[version - 1]?.record.blobs.map((blob) => blob.root) ?? [];
const kept = async () => (await readdir(path("root/repository/blobs"))).sort();

/** As after a hand-over: release 4 is here, and so is its blob, whole and in part. */
async function storeNewest(): Promise<void> {
  const newest = laptop.volunteer.releases[3];
  if (newest === undefined) throw new Error("there is a version 4");
  await laptop.root.change((writable) =>
    writable.repository.writeRelease(newest.file, newest.record),
  );
  await mkdir(path("root/incoming"), { recursive: true });
  for (const blob of blobsOf(4)) {
    await writeFile(laptop.root.repository.blobFile(blob), "whole");
    await writeFile(path("root/incoming", `${blob}.part`), "in part");
  }
}

describe("once a newer version is confirmed", () => {
  it("blobs that no release names are gone, and none that a release needs", async () => {
    await storeNewest();
    const stray = "f".repeat(64);
    await writeFile(laptop.root.repository.blobFile(stray), "of a hand-over that was broken off");
    await writeFile(path("root/incoming", `${stray}.part`), "of one more");
    await update(3);
    // Release 2 was only on the way: its record is not kept, so nobody can ask for its delta.
    expect(await laptop.root.repository.versions()).toHaveLength(3);
    expect(await kept()).toEqual([...blobsOf(1), ...blobsOf(3), ...blobsOf(4)].sort());
    expect(await readdir(path("root/incoming"))).toEqual(blobsOf(4).map((blob) => `${blob}.part`));
  });

  it("blobs stay of installed versions whose release the repository has lost", async () => {
    await rm(path("root/repository/releases/1.json"));
    await update(3);
    expect(await kept()).toEqual([...blobsOf(1), ...blobsOf(3)].sort());
  });

  it("all blobs stay while a release cannot be read, as it may name any of them", async () => {
    await storeNewest();
    await writeFile(path("root/repository/releases/4.json"), "{");
    await update(3);
    expect(await kept()).toEqual([1, 2, 3, 4].flatMap(blobsOf).sort());
  });
});
