import {
  chmod,
  cp,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { readChannel } from "@infield/shared/records";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findDifferences } from "../../tree/differences.ts";
import { layoutOf, snapshotOf } from "../root/layout.ts";
import { openRoot } from "../root/open-root.ts";
import type { OpenRoot } from "../root/root.ts";
import { readSnapshotManifest } from "../snapshot/snapshot-manifest.ts";
import {
  startVolunteer,
  type TreeSpec,
  temporaryFolder,
  updateFrom,
  type Volunteer,
  writeTree,
} from "../testing/volunteer.ts";
import { mendVersion, repairFrom } from "./doctor.ts";
import { examineStore } from "./examine.ts";

const ONE: TreeSpec = {
  "bin/run": "#!/bin/sh\nexit 0\n",
  "d/same": "the same in both\n",
  "d/twin": "the same twice\n",
  "d/e/deep": "deep\n",
  "twin of another name": "the same twice\n",
  changes: "one\n",
  link: "-> d/same",
  readonly: { content: "look, do not touch\n", mode: 0o444 },
};
const TWO: TreeSpec = { ...ONE, changes: "two\n", "only in two": "new in two\n" };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let volunteer: Volunteer;
let root: OpenRoot;
const path = (...parts: string[]) => join(folder.path, ...parts);
const at = (...parts: string[]) => path("root/versions/2/tree", ...parts);

/** Versions 1 and 2 are installed by deltas, the second from the first. */
beforeAll(async () => {
  folder = await temporaryFolder();
  volunteer = await startVolunteer(path("repository"));
  await volunteer.release(await writeTree(path("1"), ONE), [0]);
  await volunteer.release(await writeTree(path("2"), TWO), [1]);
  root = await openRoot(path("template"), { create: true });
  await root.identity.pinChannel(volunteer.channel.id);
  const { chain } = await readChannel(volunteer.repository);
  await root.change((writable) => writable.repository.writeChain(chain));
  for (const version of [1, 2]) {
    await updateFrom(root, volunteer, version);
  }
  await root.close();
});
afterAll(() => folder.remove());

beforeEach(async () => {
  await cp(path("template"), path("root"), { recursive: true, verbatimSymlinks: true });
  // What the copy has in two inodes was one.
  await rm(at("d/same"));
  await link(path("root/versions/1/tree/d/same"), at("d/same"));
  root = await openRoot(path("root"));
});
afterEach(async () => {
  await root.close();
  await rm(path("root"), { recursive: true, force: true });
});

const look = () => examineStore(root, root.identity.channel);
const repair = (from?: string) => root.change((writable) => repairFrom(writable, from, {}));
async function differences(version: number) {
  const snapshot = snapshotOf(layoutOf(root.path), version);
  return findDifferences(snapshot.tree, await readSnapshotManifest(snapshot));
}

describe("a sound root", () => {
  it("has nothing wrong, and nothing is done to it", async () => {
    const found = await look();
    expect(found.problems).toEqual([]);
    expect(found.versions).toMatchObject([
      { version: 1, sound: true, wayBack: true, inUse: false },
      { version: 2, sound: true, wayBack: false, inUse: true },
    ]);
    const before = await stat(at("changes"));
    expect(await repair()).toEqual([]);
    expect((await stat(at("changes"))).ino).toBe(before.ino);
  });
});

describe("a damaged version", () => {
  it.each<[string, () => Promise<unknown>]>([
    ["a file with other bytes", () => writeFile(at("d/twin"), "THE same twice\n")],
    ["a file that was cut", () => writeFile(at("only in two"), "")],
    ["a file that is gone", () => rm(at("changes"))],
    ["a file that is a directory with things in it", () => swapForFolder("changes")],
    ["a directory that is gone with all below it", () => rm(at("d"), { recursive: true })],
    ["a directory that is a file", () => swapForFile("d")],
    ["a directory that is a link out of the tree", () => swapForLink("d")],
    ["things that do not belong there", () => writeTree(at("extra/deeply"), { "a/b": "", c: "" })],
    [
      "a link that leads elsewhere",
      () => rm(at("link")).then(() => symlink("/etc/passwd", at("link"))),
    ],
    ["a file with another mode", () => chmod(at("readonly"), 0o4777)],
    ["a directory with another mode", () => chmod(at("d"), 0o711)],
    ["a directory that lets nobody in", () => chmod(at("d"), 0)],
    ["a tree that is gone", () => rm(at(), { recursive: true })],
    ["a manifest that is gone", () => rm(path("root/versions/2/manifest"))],
    [
      "a manifest of another version",
      () => cp(path("root/versions/1/manifest"), path("root/versions/2/manifest")),
    ],
    ["a record that is damaged", () => writeFile(path("root/versions/2/release.json"), "{")],
  ])("is whole again: %s", async (_, damage) => {
    await damage();
    expect((await look()).problems).toHaveLength(1);
    const [mended] = await repair();
    expect(mended).toMatchObject({ version: 2, left: [] });
    expect(await look()).toMatchObject({ problems: [] });
    expect(await differences(2)).toEqual([]);
    expect(await readdir(root.path)).not.toContain("staging");
  });

  it("gets a new inode: a file that two versions share is never written to", async () => {
    const shared = await stat(at("d/same"));
    await writeFile(at("d/same"), "THE SAME in both\n");
    expect((await look()).versions).toMatchObject([{ sound: false }, { sound: false }]);
    const before = await readFile(at("d/same"), "utf8");
    await repair(volunteer.repository.path);
    expect((await look()).problems).toEqual([]);
    const [one, two] = [await stat(path("root/versions/1/tree/d/same")), await stat(at("d/same"))];
    expect([one.ino, two.ino]).not.toContain(shared.ino);
    expect(before).toBe("THE SAME in both\n");
  });

  it("takes what it lacks from another version, or from a file with the same bytes under another name", async () => {
    await rm(path("root/repository/blobs"), { recursive: true });
    await writeFile(at("d/twin"), "");
    await rm(at("twin of another name"));
    expect(await repair()).toMatchObject([{ version: 2, left: [] }]);
    expect(await differences(2)).toEqual([]);
  });

  it("tells how far it is in what it does: reading, copying, rebuilding and mending", async () => {
    await rm(path("root/repository/blobs"), { recursive: true });
    for (const version of [1, 2]) await rm(path(`root/versions/${version}/tree/d/same`));
    const steps = new Map<string, [number, number]>();
    const onProgress = (step: string, done: number, total: number) =>
      void steps.set(step, [done, total]);
    await root.change((writable) => repairFrom(writable, path("repository"), { onProgress }));
    expect([...steps.keys()]).toEqual([
      ...["reading", "mending version 1", "copying a delta", "rebuilding version 1"],
      "mending version 2",
    ]);
    for (const [done, total] of steps.values()) expect(done).toBeLessThanOrEqual(total);
    expect(steps.get("mending version 1")).toEqual([0, "the same in both\n".length]);
  });

  it("takes what only it had from a repository at hand, when its own blobs are gone", async () => {
    await rm(path("root/repository/blobs"), { recursive: true });
    await rm(at("only in two"));
    expect(await repair()).toMatchObject([
      { version: 2, left: [{ path: "only in two", how: "missing" }] },
    ]);
    expect((await look()).problems).toHaveLength(1);
    expect(await repair(volunteer.repository.path)).toMatchObject([
      { version: 2, mended: [{ path: "only in two", how: "missing" }], left: [] },
    ]);
    expect((await look()).problems).toEqual([]);
  });

  it("is told of with the reason when nobody has its bytes; the rest is mended", async () => {
    await rm(path("root/repository/blobs"), { recursive: true });
    await rm(at("only in two"));
    await chmod(at("readonly"), 0o600);
    const [mended] = await repair();
    expect(mended).toMatchObject({
      mended: [{ path: "readonly", how: "mode" }],
      left: [{ path: "only in two" }],
      problem: { code: "blob-damaged" },
    });
  });

  it("is not mended with bytes that do not have the hash", async () => {
    await rm(path("root/repository/blobs"), { recursive: true });
    await rm(at("only in two"));
    const liar = {
      waysTo: async () => [
        async function* () {
          yield new TextEncoder().encode("NEW in two\n");
        },
      ],
    };
    const failing = {
      waysTo: async () => [
        async function* () {
          yield new TextEncoder().encode("new in ");
          throw new Error("gone");
        },
      ],
    };
    const honest = {
      waysTo: async () => [
        async function* () {
          yield new TextEncoder().encode("new in ");
          yield new TextEncoder().encode("two\n");
        },
      ],
    };
    const mend = (others: (typeof liar)[]) =>
      root.change((writable) =>
        mendVersion(writable, volunteer.channel, 2, { others, removeExtra: false }),
      );
    expect((await mend([liar, failing])).left).toHaveLength(1);
    expect((await mend([liar, failing, honest])).left).toEqual([]);
    expect(await differences(2)).toEqual([]);
  });
});

describe("what is there besides", () => {
  it("is left alone by a laptop that mends itself, and a directory it stands in is mended around it", async () => {
    await writeTree(at("d"), { "a letter": "to grandmother" });
    await rm(at("d/twin"));
    const mended = await root.change((writable) =>
      mendVersion(writable, volunteer.channel, 2, { removeExtra: false }),
    );
    expect(mended).toMatchObject({ mended: [{ path: "d/twin" }], left: [] });
    expect(await readFile(at("d/a letter"), "utf8")).toBe("to grandmother");
    expect(await differences(2)).toEqual([{ path: "d/a letter", how: "extra" }]);
  });
});

describe("a directory in the place of a file, and the other way round", () => {
  it("stays where a laptop mends itself, as somebody's work may be in it; the rest is mended", async () => {
    await swapForFolder("changes");
    await swapForFile("d");
    await rm(at("readonly"));
    const mended = await root.change((writable) =>
      mendVersion(writable, volunteer.channel, 2, { removeExtra: false }),
    );
    expect(mended.mended).toEqual([{ path: "readonly", how: "missing" }]);
    expect(mended.left.map(({ path }) => path)).toEqual([
      ...["changes", "d", "d/e", "d/e/deep", "d/same", "d/twin"],
    ]);
    expect(await readdir(at("changes"))).toEqual(["a", "b"]);
    await repair();
    expect(await differences(2)).toEqual([]);
  });
});

describe("records and blobs", () => {
  it("a damaged channel, record and blob come back from where they still are", async () => {
    const [blob = ""] = volunteer.releases[1]?.record.blobs.map((one) => one.root) ?? [];
    await writeFile(path("root/repository/channel.json"), "{");
    await writeFile(path("root/repository/releases/2.json"), "{");
    await writeFile(root.repository.blobFile(blob), "damaged");
    // Without the channel, no record can be told from another.
    expect((await look()).problems.map(({ what }) => what)).toEqual([
      "channel.json is damaged or gone",
      expect.stringContaining(blob.slice(0, 12)),
    ]);
    await repair(volunteer.repository.path);
    expect((await look()).problems).toEqual([]);
    expect(
      await root.repository.hasBlob(blob, volunteer.releases[1]?.record.blobs[0]?.bytes ?? 0),
    ).toBe(true);
  });

  it("a damaged blob that nobody has is given up, so that nobody is served it", async () => {
    const [blob = ""] = volunteer.releases[1]?.record.blobs.map((one) => one.root) ?? [];
    await writeFile(root.repository.blobFile(blob), "damaged");
    await repair();
    expect((await look()).problems).toEqual([]);
    expect(await readdir(path("root/incoming"))).toEqual([`${blob}.part`]);
  });

  it("a file that was renamed and whose name is a directory now is mended", async () => {
    await rename(at("changes"), at("changed"));
    await mkdir(at("changes"));
    await repair();
    expect(await differences(2)).toEqual([]);
  });
});

async function swapForFolder(name: string): Promise<void> {
  await rm(at(name));
  await writeTree(at(name), { a: "", "b/c": "" });
}
async function swapForFile(name: string): Promise<void> {
  await rm(at(name), { recursive: true });
  await writeFile(at(name), "");
}
async function swapForLink(name: string): Promise<void> {
  await rename(at(name), path("elsewhere"));
  await symlink(path("elsewhere"), at(name));
}
