import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { blobPath, readChannel, readRelease } from "@infield/shared";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderRepository, openRepository } from "./repository.ts";
import { startVolunteer, temporaryFolder, type Volunteer, writeTree } from "./testing/volunteer.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let volunteer: Volunteer;
const path = (...parts: string[]) => join(folder.path, ...parts);

beforeEach(async () => {
  folder = await temporaryFolder();
  volunteer = await startVolunteer(path("repository"));
  await volunteer.release(await writeTree(path("tree"), { a: "a", b: "b".repeat(1000) }), [0]);
});
afterEach(() => folder.remove());

describe("a repository", () => {
  it("gives back what was written, and leaves no temporary file", async () => {
    const { channel } = await readChannel(volunteer.repository, volunteer.channel.id);
    const { record } = await readRelease(volunteer.repository, channel, 1);
    const blob = record.blobs[0];
    expect(await volunteer.repository.hasBlob(blob?.root ?? "", blob?.bytes ?? 0)).toBe(true);
    expect(await volunteer.repository.hasBlob(blob?.root ?? "", 1)).toBe(false);
    expect(await readdir(path("repository"))).toEqual(["blobs", "channel.json", "releases"]);
    expect(await readdir(path("repository/blobs"))).toEqual([blob?.root]);
  });

  it("is read from an archive too", async () => {
    execFileSync("tar", [
      "-C",
      path("repository"),
      "-cf",
      path("repository.tar"),
      "channel.json",
      "releases",
      "blobs",
    ]);
    const archive = await openRepository(path("repository.tar"));
    const { channel } = await readChannel(archive);
    const { record } = await readRelease(archive, channel, 1);
    const blob = await archive.open(blobPath(record.blobs[0]?.root ?? ""));
    const original = await readFile(volunteer.repository.blobFile(record.blobs[0]?.root ?? ""));
    expect(await blob?.read(0, original.length)).toEqual(new Uint8Array(original));
    expect(await archive.versions()).toEqual([1]);
    await archive.close();
  });

  it("opens no other path, and follows no link", async () => {
    const repository = folderRepository(path("repository"));
    await writeFile(path("secret"), "secret");
    await symlink(path("secret"), path("repository/releases/2.json"));
    for (const file of [
      "../secret",
      "releases/../../secret",
      "blobs/..",
      "releases/2.json",
      "releases/01.json",
      "",
    ]) {
      expect(await repository.open(file), file).toBeUndefined();
    }
  });

  it("is not found where there is no channel.json", async () => {
    await mkdir(path("nothing"));
    for (const name of ["nothing", "nowhere"]) {
      await expect(openRepository(path(name))).rejects.toMatchObject({ code: "repository-damaged" });
    }
  });
});
