import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { composeRelease } from "@infield/shared/publish";
import {
  blobPath,
  createChain,
  createSigningKey,
  openZipRepository,
  readChannel,
  readRelease,
  verifyRelease,
} from "@infield/shared/records";
import { type ByteSource, bytesSource, chunksOf, EMPTY_MANIFEST } from "@infield/shared/tree";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  startVolunteer,
  temporaryFolder,
  type Volunteer,
  writeTree,
} from "../testing/volunteer.ts";
import { makeZip, type ZipEntry } from "../testing/zip.ts";
import { folderRepository, openRepository } from "./repository.ts";

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

  it("keeps the first of two different releases that are written at once under one version", async () => {
    const { repository, channel, key } = volunteer;
    const { file, record } = await readRelease(repository, channel, 1);
    const other = (version: number, notes: string) =>
      composeRelease(channel, key, {
        ...{ version, blobs: record.blobs, urgent: false, notes: { en: notes } },
        ...{ tree: EMPTY_MANIFEST, date: new Date() },
      });
    const writing = ["a", "b"].map((notes) => {
      const written = other(2, notes);
      return repository.writeRelease(written, verifyRelease(written, channel)).then(() => written);
    });
    const ends = await Promise.allSettled(writing);
    const [won] = ends.filter((end) => end.status === "fulfilled");
    const [lost] = ends.filter((end) => end.status === "rejected");
    expect(lost?.reason).toMatchObject({ code: "already-exists" });
    expect((await readRelease(repository, channel, 2)).file).toEqual(won?.value);
    await expect(
      repository.writeRelease(other(1, "another"), { ...record, version: 1 }),
    ).rejects.toMatchObject({ code: "already-exists" });
    await repository.writeRelease(file, record);
    expect(await readdir(path("repository/releases"))).toEqual(["1.json", "2.json"]);
  });

  it("replaces a release that is damaged", async () => {
    const { repository, channel } = volunteer;
    const { file, record } = await readRelease(repository, channel, 1);
    await writeFile(path("repository/releases/1.json"), "{");
    await repository.writeRelease(file, record);
    expect((await readRelease(repository, channel, 1)).file).toEqual(file);
  });

  it("begins one channel in a folder, and no second", async () => {
    const chain = () => createChain("class", createSigningKey());
    const repository = folderRepository(path("new"));
    const ends = await Promise.allSettled([
      repository.createChannel(chain()),
      repository.createChannel(chain()),
    ]);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
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
      await expect(openRepository(path(name))).rejects.toMatchObject({
        code: "repository-damaged",
      });
    }
  });
});

describe("a repository in a .zip", () => {
  const blobName = () => blobPath(volunteer.releases[0]?.record.blobs[0]?.root ?? "");
  /** The repository's files, each under `prefix`. */
  async function pack(prefix = "", stored = false): Promise<ZipEntry[]> {
    const names = ["channel.json", "releases/1.json", blobName()];
    const contents = await Promise.all(names.map((name) => readFile(path("repository", name))));
    return contents.map((content, index) => ({ path: prefix + names[index], content, stored }));
  }
  async function readAll(source: ByteSource | undefined): Promise<Uint8Array> {
    return (await source?.read(0, source.size)) ?? new Uint8Array();
  }

  it.each([
    ["deflated", "", false],
    ["stored", "", true],
    ["deflated in a folder", "class/", false],
  ])("is read when it is %s", async (_, prefix, stored) => {
    await writeFile(path("repository.zip"), makeZip(await pack(prefix, stored)));
    const zip = await openRepository(path("repository.zip"));
    const { channel } = await readChannel(zip, volunteer.channel.id);
    expect(await zip.versions()).toEqual([1]);
    expect((await readRelease(zip, channel, 1)).record).toEqual(volunteer.releases[0]?.record);
    const original = await readFile(path("repository", blobName()));
    expect(await readAll(await zip.open(blobName()))).toEqual(new Uint8Array(original));
    expect(await zip.open("other")).toBeUndefined();
    await zip.close();
  });

  it("has nothing unpacked that no record names, however much there is of it", async () => {
    const large = new Uint8Array(20_000_000);
    const bomb = { path: blobPath("b".repeat(64)), content: large };
    const lie = { path: blobPath("c".repeat(64)), content: large, size: 10 };
    const foreign = { path: "photos/beach.raw", content: large, size: 10 };
    await writeFile(path("bomb.zip"), makeZip([bomb, lie, foreign, ...(await pack())]));
    const zip = await openRepository(path("bomb.zip"));
    const { channel } = await readChannel(zip);
    expect((await readRelease(zip, channel, 1)).record.version).toBe(1);
    await zip.close();

    let spooled = 0;
    const spool = async (stream: ReadableStream<Uint8Array>) => {
      for await (const chunk of chunksOf(stream)) spooled += chunk.length;
      return { ...bytesSource(new Uint8Array(spooled)), close: async () => {} };
    };
    const bytes = makeZip([bomb, ...(await pack())]);
    const counted = await openZipRepository(bytesSource(bytes), "bomb.zip", spool);
    const blob = await counted.open(bomb.path);
    expect([blob?.size, spooled]).toEqual([large.length, 0]);
    await blob?.read(0, 1);
    expect(spooled).toBe(large.length);
  });

  it("is refused where it inflates to more than it states, or to more than a record may have", async () => {
    const content = new Uint8Array(5_000_000);
    for (const [entry, code] of [
      [{ path: "channel.json", content }, "limit-exceeded"],
      [{ path: "channel.json", content, size: 1000 }, "archive-damaged"],
    ] as const) {
      await writeFile(path("bomb.zip"), makeZip([entry]));
      const zip = await openRepository(path("bomb.zip"));
      await expect(readChannel(zip)).rejects.toMatchObject({ code });
      await zip.close();
    }
  });

  it("is told apart from other files", async () => {
    await writeFile(path("notes.txt"), "PKI, a short history");
    await expect(openRepository(path("notes.txt"))).rejects.toMatchObject({
      code: "repository-damaged",
    });
    await writeFile(path("empty.zip"), makeZip([]));
    await expect(openRepository(path("empty.zip"))).rejects.toMatchObject({
      code: "repository-damaged",
    });
  });
});
