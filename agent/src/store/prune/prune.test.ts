import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { resume, rollBack } from "../../update/update.ts";
import { openRoot } from "../root/open-root.ts";
import { useRoot } from "../testing/use-root.ts";
import { writeTree } from "../testing/volunteer.ts";
import { findPrunable, prune } from "./prune.ts";

/**
 * Versions 1 to 4, all with a file of 40 kB of their own; 3 is in use, and all records are here.
 */
const laptop = useRoot(async ({ path, volunteer, root, update }) => {
  for (const version of [1, 2, 3, 4]) {
    const tree = await writeTree(path(String(version)), {
      same: "same",
      own: `${version}`.repeat(40_000),
    });
    await volunteer.release(tree, [version - 1]);
  }
  for (const { file, record } of volunteer.releases)
    await root.change((writable) => writable.repository.writeRelease(file, record));
  for (const version of [1, 2, 3]) await update(version);
});
const { path, update, reopen } = laptop;
const blobsOf = (...versions: number[]) =>
  versions.flatMap(
    (version) =>
      laptop.volunteer.releases[version - 1]?.record.blobs.map((blob) => blob.root) ?? [],
  );
const blobs = async () => (await readdir(path("root/repository/blobs"))).sort();

/** Puts a version back that an update has retired, as a copy of another one under its number. */
async function putBack(version: number): Promise<void> {
  await cp(path("root/versions/2"), path(`root/versions/${version}`), { recursive: true });
  await laptop.root.change((writable) => writable.reload());
}

describe("pruning", () => {
  it("removes records and blobs of neither installed nor newer releases, and nothing else", async () => {
    await writeFile(laptop.root.repository.blobFile("e".repeat(64)), "of no release");
    await mkdir(path("root/incoming"), { recursive: true });
    await writeFile(path("root/incoming", `${blobsOf(4)[0]}.part`), "on its way");
    const found = await findPrunable(laptop.root, 0);
    expect(found).toMatchObject({
      versions: [],
      releases: [1],
      blobs: [...blobsOf(1), "e".repeat(64)].sort(),
    });
    expect(await laptop.root.change((writable) => prune(writable, 0))).toEqual(found);
    expect((await laptop.root.repository.versions()).sort()).toEqual([2, 3, 4]);
    expect(await blobs()).toEqual(blobsOf(2, 3).sort());
    expect(await readdir(path("root/incoming"))).toEqual([`${blobsOf(4)[0]}.part`]);
    expect(laptop.root.state()).toMatchObject({ current: 3, previous: 2, versions: [2, 3] });
    expect(await findPrunable(laptop.root, 0)).toMatchObject({
      versions: [],
      releases: [],
      blobs: [],
    });
    // What is left is enough to go on, and to go back.
    await update(4);
    expect(await laptop.root.change(rollBack)).toBe(3);
  });

  it("removes a version that was left, which a higher --keep keeps; and says what that frees", async () => {
    await laptop.root.change(rollBack);
    expect(laptop.root.state()).toMatchObject({ current: 2, versions: [2, 3] });
    expect((await findPrunable(laptop.root, 2)).versions).toEqual([]);
    const { versions, space } = await laptop.root.change((writable) => prune(writable, 1));
    expect(versions).toEqual([3]);
    // "own" and what belongs to the version; not "same", which both share.
    expect(space.bytes).toBeGreaterThan(40_000);
    expect(space.bytes).toBeLessThan(80_000);
    expect(await readdir(path("root/versions"))).toEqual(["2"]);
    await laptop.root.change(resume);
    await update(3);
  });

  it("never removes a version on trial, nor the way back from it", async () => {
    await laptop.root.change((writable) =>
      writable.save({
        ...laptop.root.record,
        confirmed: [2],
        trial: { version: 3, triesLeft: 1 },
      }),
    );
    expect((await laptop.root.change((writable) => prune(writable, 0))).versions).toEqual([]);
    expect(laptop.root.state().versions).toEqual([2, 3]);
  });

  it("keeps the newest sound version to go back to when the way back is damaged", async () => {
    await putBack(1);
    expect((await findPrunable(laptop.root, 0)).versions).toEqual([1]);
    await writeFile(path("root/versions/2/tree/own"), "damaged");
    expect((await findPrunable(laptop.root, 0)).versions).toEqual([]);
  });

  it("keeps every blob while a record cannot be read, as it may name any of them", async () => {
    await writeFile(path("root/repository/releases/4.json"), "{");
    expect(await findPrunable(laptop.root, 0)).toMatchObject({ releases: [1], blobs: [] });
  });

  it("is nothing to do in an empty root", async () => {
    const empty = await openRoot(path("empty"), { create: true });
    expect(await empty.change((writable) => prune(writable, 0))).toEqual({
      versions: [],
      releases: [],
      blobs: [],
      space: { bytes: 0, entries: 0 },
    });
    await empty.close();
  });

  it("does not lower the highest version seen, whatever becomes of the state", async () => {
    await laptop.root.change(rollBack);
    await laptop.root.change((writable) => prune(writable, 0));
    await rm(path("root/state.json"));
    await reopen();
    expect(laptop.root.state()).toMatchObject({ current: 2, highest: 4 });
  });
});
