import { createHash } from "node:crypto";
import { readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { useRoot } from "../testing/use-root.ts";
import { writeTree } from "../testing/volunteer.ts";
import { installedFiles } from "./installed-files.ts";

let tree: string;
const laptop = useRoot(async ({ path, volunteer, update }) => {
  const spec = {
    "etc/shadow": "root:*\n",
    "a name": "content\n",
    twin: "content\n",
    link: "-> twin",
  };
  tree = (await volunteer.release(await writeTree(path("1"), spec), [0])).record.tree;
  await update(1);
});
const { path } = laptop;
const at = (...parts: string[]) => path("root/versions/1/tree", ...parts);
const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
const SECRET = "root:$6$salt$hash\n";

async function read(
  files: ReturnType<typeof installedFiles>,
  sha256: string,
): Promise<string | undefined> {
  const source = await files.open(sha256);
  return source && Buffer.from(await source.read(0, source.size)).toString();
}

describe("files of what is installed", () => {
  it("are had by their hash, and the manifest by the tree id", async () => {
    const files = installedFiles(laptop.root);
    expect(await read(files, hashOf("content\n"))).toBe("content\n");
    expect(await read(files, tree)).toBe(await readFile(path("root/versions/1/manifest"), "utf8"));
    expect(await read(files, hashOf("nothing"))).toBeUndefined();
    expect(await read(files, hashOf(""))).toBeUndefined();
  });

  it("are taken from wherever they are sound, by any name", async () => {
    await writeFile(at("a name"), "CONTENT\n");
    expect(await read(installedFiles(laptop.root), hashOf("content\n"))).toBe("content\n");
    await rm(at("twin"));
    expect(await read(installedFiles(laptop.root), hashOf("content\n"))).toBeUndefined();
  });

  it("are not given away once somebody has written to them, even where size and time are as before", async () => {
    const files = installedFiles(laptop.root);
    const hash = hashOf("root:*\n");
    const source = await files.open(hash);
    await writeFile(at("etc/shadow"), "ROOT:*\n");
    await utimes(at("etc/shadow"), 0, 0);
    await expect(source?.read(0, 7)).rejects.toMatchObject({ code: "unreadable-file" });
    expect(await files.open(hash)).toBeUndefined();
    await writeFile(at("etc/shadow"), SECRET);
    expect(await files.open(hash)).toBeUndefined();
    expect(await files.open(hashOf(SECRET))).toBeUndefined();
  });

  it("are not looked for in what leads out of the tree, unless they have the hash all the same", async () => {
    await writeTree(path("outside"), { shadow: SECRET });
    await rename(at("etc"), path("moved"));
    await symlink(path("outside"), at("etc"));
    expect(await read(installedFiles(laptop.root), hashOf("root:*\n"))).toBeUndefined();
    await rm(path("moved"), { recursive: true });
  });
});
