import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { useRoot } from "../store/testing/use-root.ts";
import { writeTree } from "../store/testing/volunteer.ts";
import { hold, resume, rollBack } from "./update.ts";

const HEALTH = { path: "check", seconds: 20 };

/**
 * Releases 1 to 4; from 3 on programs keep data in format 1. Version 2 is in use, 1 is there too.
 */
const laptop = useRoot(async ({ path, volunteer, update }) => {
  for (const version of [1, 2, 3, 4]) {
    const tree = await writeTree(path(`${version}`), {
      check: "#!/bin/sh\nexit 0\n",
      own: `${version}`,
    });
    await volunteer.release(tree, [version - 1], HEALTH, version > 2 ? 1 : undefined);
  }
  for (const version of [1, 2]) await update(version);
});
const { path, update, reopen } = laptop;

describe("going back", () => {
  it("leads to the version that was asked for, if it is installed, earlier and confirmed", async () => {
    await cp(path("root/versions/1"), path("aside"), { recursive: true });
    await update(3);
    await cp(path("aside"), path("root/versions/1"), { recursive: true });
    await reopen();
    const refusal = (message: string) => ({ code: "nothing-to-roll-back", message });
    await expect(
      laptop.root.change((writable) => rollBack(writable, { to: 3 })),
    ).rejects.toMatchObject(refusal("version 3 is in use already"));
    await expect(
      laptop.root.change((writable) => rollBack(writable, { to: 4 })),
    ).rejects.toMatchObject(refusal("version 4 is newer than version 3, which is in use"));
    expect(await laptop.root.change((writable) => rollBack(writable, { to: 1, force: true }))).toBe(
      1,
    );
    expect(laptop.root.state()).toMatchObject({ current: 1, held: 3, versions: [1, 2, 3] });
    await rm(path("aside"), { recursive: true });
  });

  it("is refused to a version that is gone or never passed its check", async () => {
    await update(3);
    await expect(
      laptop.root.change((writable) => rollBack(writable, { to: 1 })),
    ).rejects.toMatchObject({
      message: "version 1 is not installed any more",
    });
    await laptop.root.change((writable) =>
      writable.save({ ...laptop.root.record, confirmed: [3] }),
    );
    await expect(
      laptop.root.change((writable) => rollBack(writable, { to: 2 })),
    ).rejects.toMatchObject({
      message: "version 2 never passed its health check",
    });
  });

  it("is refused to a damaged version, and says what mends it", async () => {
    await writeFile(path("root/versions/1/tree/own"), "2");
    await expect(laptop.root.change(rollBack)).rejects.toMatchObject({
      code: "snapshot-damaged",
      message: expect.stringContaining('"own" (bytes)'),
      hint: expect.stringContaining("infield doctor --repair"),
    });
    expect(laptop.root.state()).toMatchObject({ current: 2 });
  });
});

describe("what programs left in an earlier version", () => {
  it("does not keep a laptop from going back to it", async () => {
    await writeFile(path("root/versions/1/tree/cache"), "made by a program");
    expect(await laptop.root.change(rollBack)).toBe(1);
  });
});

describe("a change of the data format", () => {
  it("is gone back over only when forced; within one format that is not asked", async () => {
    await update(3);
    await expect(laptop.root.change(rollBack)).rejects.toMatchObject({
      code: "data-format",
      message: "version 2 (data format 0) may not read what 3 (format 1) wrote",
      hint: expect.stringContaining("`infield rollback --force`"),
    });
    expect(laptop.root.state()).toMatchObject({ current: 3 });
    await update(4);
    expect(await laptop.root.change(rollBack)).toBe(3);
    await laptop.root.change(resume);
    await update(4);
    await reopen();
    expect(laptop.root.state()).toMatchObject({ current: 4, previous: 3 });
  });

  it("that cannot be told counts as one", async () => {
    await writeFile(path("root/versions/2/release.json"), "{");
    await expect(laptop.root.change(rollBack)).rejects.toMatchObject({ code: "data-format" });
    expect(await laptop.root.change((writable) => rollBack(writable, { force: true }))).toBe(1);
  });

  it("does not keep a version that fails its health check from being taken back", async () => {
    await reopen({ ownCheck: "exit 1" });
    await expect(update(3)).rejects.toMatchObject({ code: "health-failed" });
    expect(laptop.root.state()).toMatchObject({ current: 2, held: 3 });
  });
});

describe("a laptop's own health check", () => {
  it("has to be passed too, and knows what it is about", async () => {
    await reopen({
      ownCheck: `printenv | grep ^INFIELD_ | sort > ${path("told")}; pwd >> ${path("told")}`,
    });
    await update(3);
    expect(laptop.root.state()).toMatchObject({ current: 3, confirmed: true });
    expect((await readFile(path("told"), "utf8")).split("\n")).toEqual([
      "INFIELD_NEW_VERSION=3",
      "INFIELD_OLD_VERSION=2",
      `INFIELD_ROOT=${path("root")}`,
      `INFIELD_TREE=${path("root/versions/3/tree")}`,
      path("root/versions/3/tree"),
      "",
    ]);
  });

  it("takes the version back when it fails, in words of its own", async () => {
    await reopen({ ownCheck: "echo no sound; exit 4" });
    await expect(update(3)).rejects.toMatchObject({
      code: "health-failed",
      message:
        "version 3 failed its health check and was taken back: this laptop's own check (--health) says no: it ended with 4: no sound",
    });
    await expect(update(3)).rejects.toMatchObject({ code: "release-held" });
  });

  it("is not left out of a trial that another command goes on with", async () => {
    await update(3);
    const trial = { version: 3, triesLeft: 1, ownCheck: "exit 1" };
    await laptop.root.change((writable) =>
      writable.save({ ...laptop.root.record, confirmed: [1, 2], trial }),
    );
    await reopen();
    expect(laptop.root.state()).toMatchObject({ current: 2, held: 3 });
  });
});

describe("a hold", () => {
  it("keeps every release away, over a restart too, until it is lifted", async () => {
    await laptop.root.change(hold);
    await reopen();
    expect(laptop.root.state()).toMatchObject({ current: 2, holding: true });
    await expect(update(3)).rejects.toMatchObject({
      code: "release-held",
      message: "this laptop is on hold at version 2",
      hint: expect.stringContaining("infield resume"),
    });
    await laptop.root.change(resume);
    expect(laptop.root.state().holding).toBeUndefined();
    await update(3);
  });
});
