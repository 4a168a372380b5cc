import { lstat, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRoot } from "../store/root/open-root.ts";
import type { OpenRoot } from "../store/root/root.ts";
import {
  noteSteps,
  openTestTree,
  startVolunteer,
  type TreeSpec,
  temporaryFolder,
  updateFrom,
  type Volunteer,
  writeTree,
} from "../store/testing/volunteer.ts";
import { resume, rollBack } from "./update.ts";

const ONE: TreeSpec = {
  "bin/run": "#!/bin/sh\nexit 0\n",
  "lib/same": "the same in both versions\n".repeat(200),
  "lib/changes": `${"a line of text\n".repeat(300)}one`,
  link: "-> /nowhere/at all",
  empty: "",
  readonly: { content: "look, do not touch", mode: 0o444 },
};
const TWO: TreeSpec = {
  ...ONE,
  "lib/changes": `${"a line of text\n".repeat(300)}two`,
  "lib/copy": `${"a line of text\n".repeat(300)}two`,
  "new/file": "new\n",
};
const HEALTH = { path: "bin/run", seconds: 20 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let volunteer: Volunteer;
let root: OpenRoot;
const path = (...parts: string[]) => join(folder.path, ...parts);
const update = (target: number, steps: string[] = []) =>
  updateFrom(root, volunteer, target, noteSteps(steps));

beforeEach(async () => {
  folder = await temporaryFolder();
  volunteer = await startVolunteer(path("repository"));
  root = await openRoot(path("root"), { create: true });
  await root.identity.pinChannel(volunteer.channel.id);
});
afterEach(async () => {
  await root.close();
  await folder.remove();
});

async function expectInstalled(version: number, source: string): Promise<void> {
  expect(root.state().current).toBe(version);
  expect(await readlink(path("root/current"))).toBe(`versions/${version}/tree`);
  const [installed, wanted] = await Promise.all([
    openTestTree(path("root/current/.")),
    openTestTree(source),
  ]);
  expect(installed.manifest).toEqual(wanted.manifest);
  expect(await readdir(path("root/staging"))).toEqual([]);
}

describe("an update", () => {
  it("installs a release into an empty root, then goes on by a delta, then back and holds", async () => {
    const [one, two] = [await writeTree(path("one"), ONE), await writeTree(path("two"), TWO)];
    await volunteer.release(one, [0], HEALTH);
    await volunteer.release(two, [1], HEALTH);
    const steps: string[] = [];

    await update(1, steps);
    await expectInstalled(1, one);
    await update(2, steps);
    await expectInstalled(2, two);
    expect(steps).toEqual([
      "fetching 1",
      "building 1",
      "checking 1",
      "fetching 2",
      "building 2",
      "checking 2",
    ]);
    expect(root.state()).toEqual({
      current: 2,
      previous: 1,
      versions: [1, 2],
      confirmed: true,
      highest: 2,
    });

    expect(await root.change(rollBack)).toBe(1);
    await expectInstalled(1, one);
    expect(root.state()).toEqual({
      current: 1,
      versions: [1, 2],
      confirmed: true,
      highest: 2,
      held: 2,
    });
    await expect(update(2)).rejects.toMatchObject({ code: "release-held" });
    await expect(root.change(rollBack)).rejects.toMatchObject({ code: "nothing-to-roll-back" });

    await root.change(resume);
    const again: string[] = [];
    await update(2, again);
    expect(again).toEqual(["checking 2"]);
    await expectInstalled(2, two);
  });

  it("shares unchanged files with the version before, as one inode", async () => {
    await volunteer.release(await writeTree(path("one"), ONE), [0]);
    await volunteer.release(await writeTree(path("two"), TWO), [1]);
    await update(1);
    await update(2);
    const inode = async (file: string) => (await stat(path("root/versions", file))).ino;
    expect(await inode("2/tree/lib/same")).toBe(await inode("1/tree/lib/same"));
    expect(await inode("2/tree/lib/copy")).not.toBe(await inode("2/tree/lib/changes"));
    expect((await lstat(path("root/versions/2/tree/readonly"))).mode & 0o7777).toBe(0o444);
  });

  it("goes through the versions between when only a chain of deltas leads there, and keeps none of them", async () => {
    const three = await writeTree(path("three"), { ...TWO, "lib/third": "3" });
    await volunteer.release(await writeTree(path("one"), ONE), [0]);
    await volunteer.release(await writeTree(path("two"), TWO), [1]);
    await volunteer.release(three, [2]);
    await update(1);
    await update(3);
    await expectInstalled(3, three);
    expect(root.state()).toMatchObject({ previous: 1, versions: [1, 3] });
  });

  it("takes a version back that fails its health check, says what it printed, and does not try it again", async () => {
    const sick = { ...TWO, "bin/run": "#!/bin/sh\necho no screen >&2\nexit 3\n" };
    const one = await writeTree(path("one"), ONE);
    await volunteer.release(one, [0], HEALTH);
    await volunteer.release(await writeTree(path("two"), sick), [1], HEALTH);
    await update(1);
    await expect(update(2)).rejects.toMatchObject({
      code: "health-failed",
      message: expect.stringContaining("no screen"),
    });
    await expectInstalled(1, one);
    expect(root.state()).toMatchObject({ held: 2, confirmed: true });
    await expect(update(2)).rejects.toMatchObject({ code: "release-held" });
  });

  it("first ends a trial that a failing disk left open, so that there is a way back", async () => {
    await volunteer.release(await writeTree(path("one"), ONE), [0], HEALTH);
    await volunteer.release(await writeTree(path("two"), TWO), [1], HEALTH);
    await update(1);
    await root.change((writable) =>
      writable.save({ ...root.record, confirmed: [], trial: { version: 1, triesLeft: 2 } }),
    );
    // The switch itself was the last thing that happened, and nobody knows.
    await rm(path("root/current"));
    await root.change((writable) => writable.reload());
    await symlink("versions/1/tree", path("root/current"));
    await update(2);
    expect(root.state()).toMatchObject({ current: 2, previous: 1, confirmed: true });
  });

  it("removes `current` again when the very first version is not healthy", async () => {
    const sick = { "bin/run": "#!/bin/sh\nexit 1\n" };
    await volunteer.release(await writeTree(path("one"), sick), [0], HEALTH);
    await expect(update(1)).rejects.toMatchObject({ code: "health-failed" });
    expect(root.state()).toMatchObject({ current: 0, confirmed: false, held: 1 });
    await expect(lstat(path("root/current"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("refuses versions that are not newer, unknown ones, and another channel's", async () => {
    await volunteer.release(await writeTree(path("one"), ONE), [0]);
    await update(1);
    await expect(update(1)).rejects.toMatchObject({ code: "release-too-old" });
    await expect(update(2)).rejects.toMatchObject({ code: "unknown-release" });
    const stranger = await startVolunteer(path("stranger"));
    await stranger.release(await writeTree(path("two"), TWO), [0]);
    await stranger.release(await writeTree(path("three"), ONE), [0]);
    await expect(updateFrom(root, stranger, 2)).rejects.toMatchObject({ code: "unknown-channel" });
  });

  // A file of mode 000 was fetched and built, and then could not be read back.
  it.each([
    ["setuid files", 0o4755],
    ["files that only root can read", 0],
  ])("refuses %s without --system, before anything is fetched", async (_, mode) => {
    const tree = await writeTree(path("one"), { tool: { content: "#!/bin/sh\n", mode } });
    await volunteer.release(tree, [0]);
    const steps: string[] = [];
    await expect(update(1, steps)).rejects.toMatchObject({ code: "needs-system" });
    expect(steps).toEqual([]);
  });

  it("gives a delta the memory that was signed, whatever its head asks for", async () => {
    const { file, record } = await volunteer.release(await writeTree(path("one"), ONE), [0]);
    const blobs = record.blobs.map((blob) => ({ ...blob, decoderBytes: blob.decoderBytes - 1 }));
    const understated = { ...volunteer, releases: [{ file, record: { ...record, blobs } }] };
    await expect(updateFrom(root, understated, 1)).rejects.toMatchObject({ code: "delta-memory" });
    expect(root.state().current).toBe(0);
  });

  it("notices a base file that was changed on the disk, and does not carry it on", async () => {
    await volunteer.release(await writeTree(path("one"), ONE), [0]);
    await volunteer.release(await writeTree(path("two"), TWO), [1]);
    await update(1);
    const changed = path("root/versions/1/tree/lib/same");
    await writeFile(changed, (await readFile(changed, "utf8")).replace("same", "SAME"));
    await expect(update(2)).rejects.toMatchObject({
      code: "snapshot-damaged",
      message: expect.stringContaining('"lib/same" (bytes)'),
    });
    expect(root.state()).toMatchObject({ current: 1, versions: [1] });
  });

  it("installs whole over a damaged base when the release has a full install", async () => {
    const two = await writeTree(path("two"), TWO);
    await volunteer.release(await writeTree(path("one"), ONE), [0]);
    await volunteer.release(two, [1, 0]);
    await update(1);
    await writeFile(path("root/versions/1/tree/lib/changes"), "overwritten");
    await update(2);
    await expectInstalled(2, two);
    await expect(root.change(rollBack)).rejects.toMatchObject({ code: "snapshot-damaged" });
    await expectInstalled(2, two);
  });

  it.each([
    ["lacks", (blob: string) => rm(blob)],
    [
      "has damaged",
      async (blob: string) => writeFile(blob, (await readFile(blob)).fill(0, 40, 50)),
    ],
  ])("installs whole where the repository %s the delta", async (_, harm) => {
    const two = await writeTree(path("two"), TWO);
    await volunteer.release(await writeTree(path("one"), ONE), [0]);
    const { record } = await volunteer.release(two, [1, 0]);
    await update(1);
    await harm(volunteer.repository.blobFile(record.blobs[0]?.root ?? ""));
    await update(2);
    await expectInstalled(2, two);
  });

  it("says what the repository lacks when no other route leads there", async () => {
    await volunteer.release(await writeTree(path("one"), ONE), [0]);
    const { record } = await volunteer.release(await writeTree(path("two"), TWO), [1]);
    await update(1);
    await rm(volunteer.repository.blobFile(record.blobs[0]?.root ?? ""));
    await expect(update(2)).rejects.toMatchObject({ code: "repository-damaged" });
    expect(root.state()).toMatchObject({ current: 1, versions: [1] });
  });

  it("fetches a blob again that was damaged on the disk", async () => {
    const one = await writeTree(path("one"), ONE);
    const { record } = await volunteer.release(one, [0]);
    const blob = root.repository.blobFile(record.blobs[0]?.root ?? "");
    const bytes = await readFile(volunteer.repository.blobFile(record.blobs[0]?.root ?? ""));
    await writeTree(path("root/repository/blobs"), {});
    await writeFile(blob, bytes.fill(0, 10, 20));
    await update(1);
    await expectInstalled(1, one);
  });

  it("waits for the change before it: updates and a rollback asked for at the same time", async () => {
    await volunteer.release(await writeTree(path("one"), ONE), [0]);
    await volunteer.release(await writeTree(path("two"), TWO), [1]);
    const steps: string[] = [];
    const [, , version] = await Promise.all([
      update(1, steps),
      update(2, steps),
      root.change(rollBack),
    ]);
    expect(version).toBe(1);
    expect(steps).toEqual(
      [1, 2].flatMap((target) => [
        `fetching ${target}`,
        `building ${target}`,
        `checking ${target}`,
      ]),
    );
    await expectInstalled(1, path("one"));
    expect(root.state()).toMatchObject({ held: 2, versions: [1, 2] });
  });

  it("stops when it is cancelled, and leaves the old version", async () => {
    await volunteer.release(await writeTree(path("one"), ONE), [0]);
    const stop = new AbortController();
    const running = updateFrom(root, volunteer, 1, {
      signal: stop.signal,
      onStep: ({ state }) => {
        if (state === "building") stop.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(root.state()).toMatchObject({ current: 0, versions: [] });
    expect(await readdir(path("root"))).not.toContain("staging");
  });
});
