import { chmod, chown, lstat, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DirEntry, Entry, FileEntry } from "@infield/shared/tree";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256Hex } from "../../host/sha256.ts";
import { layoutOf } from "../root/layout.ts";
import type { ContentSource } from "../snapshot/content.ts";
import { temporaryFolder } from "../testing/volunteer.ts";
import { Mender } from "./mend.ts";
import { OpenedDirectories } from "./opened-directories.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const tree = (...parts: string[]) => join(folder.path, "tree", ...parts);

beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(tree());
});
afterEach(() => folder.remove());

const NOBODY = 65_534;
const RIGHT = Buffer.from("as it should be\n");
const owner = { uid: 0, gid: 0 };
const file: FileEntry = {
  ...{ kind: "file", path: "a", mode: 0o640, ...owner },
  ...{ size: RIGHT.length, sha256: sha256Hex(RIGHT) },
};
const directory = (path: string, mode: number): DirEntry => ({
  ...{ kind: "dir", path, mode, ...owner },
});

/** Has what it is asked for. */
const source: ContentSource = {
  waysTo: async () => [
    async function* () {
      yield RIGHT;
    },
  ],
};

function menderOf(entries: Entry[], sources = [source], mayRemove = false): Mender {
  const layout = layoutOf(folder.path);
  return new Mender({ layout, tree: tree(), manifest: { entries }, sources, mayRemove });
}

const modeOf = async (path: string) => (await lstat(tree(path))).mode & 0o7777;

describe("mending a path", () => {
  it("gives a changed file its bytes and mode in a new inode", async () => {
    await writeFile(tree("a"), "wrong");
    const { ino } = await lstat(tree("a"));
    expect(await menderOf([file]).put(file)).toBe(true);
    expect(await readFile(tree("a"))).toEqual(RIGHT);
    expect(await modeOf("a")).toBe(0o640);
    expect((await lstat(tree("a"))).ino).not.toBe(ino);
  });

  it("takes the bytes of a file that only has a wrong mode from the file itself", async () => {
    await writeFile(tree("a"), RIGHT, { mode: 0o600 });
    expect(await menderOf([file], []).put(file)).toBe(true);
    expect(await modeOf("a")).toBe(0o640);
  });

  it("leaves everything as it is when no source has the bytes", async () => {
    await writeFile(tree("a"), "wrong");
    expect(await menderOf([file], []).put(file)).toBe(false);
    expect(await readFile(tree("a"), "utf8")).toBe("wrong");
  });

  it("takes a directory out of a file's place only where it may", async () => {
    await mkdir(tree("a"));
    await writeFile(tree("a", "homework"), "");
    expect(await menderOf([file]).put(file)).toBe(false);
    await lstat(tree("a", "homework"));
    expect(await menderOf([file], [source], true).put(file)).toBe(true);
    expect(await readFile(tree("a"))).toEqual(RIGHT);
  });

  it("keeps a directory open until all is in it, and then gives it its mode", async () => {
    const closed = directory("d", 0o555);
    const inside = { ...file, path: "d/a" };
    const mender = menderOf([closed, inside]);
    await mender.put(closed);
    expect(await modeOf("d")).toBe(0o700);
    await mender.put(inside);
    await mender.finish();
    expect(await modeOf("d")).toBe(0o555);
    expect(await readFile(tree("d/a"))).toEqual(RIGHT);
  });

  it("removes what does not belong there, and does not mind that it is gone already", async () => {
    await writeFile(tree("extra"), "");
    const mender = menderOf([]);
    await mender.remove("extra");
    await mender.remove("extra");
    await expect(lstat(tree("extra"))).rejects.toThrow("ENOENT");
  });
});

/** As somebody whom modes keep out, which they do not root. */
async function asNobody(paths: string[], action: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return action();
  for (const path of paths) await chown(path, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    await action();
  } finally {
    process.seteuid?.(0);
  }
}

it("directories get their modes children first, as a parent may then be closed", async () => {
  await mkdir(tree("outer/inner"), { recursive: true });
  const [outer, inner] = [directory("outer", 0o000), directory("outer/inner", 0o500)];
  const opened = new OpenedDirectories(tree(), { entries: [outer, inner] }, false);
  opened.add(outer);
  opened.add(inner);
  const paths = [folder.path, tree(), tree("outer"), tree("outer/inner")];
  await asNobody(paths, () => opened.finish());
  expect(await modeOf("outer")).toBe(0o000);
  await chmod(tree("outer"), 0o700);
  expect(await modeOf("outer/inner")).toBe(0o500);
});
