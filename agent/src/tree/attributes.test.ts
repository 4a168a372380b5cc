/**
 * Hard links, extended attributes, times and holes, as the real programs make them: a folder and
 * every kind of tar of it are the same tree.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Recorded, type SourceTree, treeFormat, treeId } from "@infield/shared/tree";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTree } from "./open-tree.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "infield-attributes-"));
  mkdirSync(at("tree/d"), { recursive: true });
  writeFileSync(at("tree/git"), "one program\n");
  writeFileSync(at("tree/d/other"), "another\n");
  run("ln", "git", "b-name");
  run("ln", "git", "d/z-name");
  run("setfattr", "-n", "user.origin", "-v", "a volunteer = one\nof us\\", "d/other");
  run("setfattr", "-n", "user.empty name", "d");
  run("setfacl", "-m", "u:1234:rw", "d/other");
  run("touch", "-h", "-d", "@1700000000.9", ".", "d", "git", "d/other");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { cwd: at("tree") });
}
async function read(path: string, more: Partial<Recorded> = {}): Promise<SourceTree> {
  const tree = await openTree(path, { owners: false, ...more });
  await tree.close();
  return tree;
}

const TARS: Readonly<Record<string, string[]>> = {
  "GNU tar's pax": ["--format=posix"],
  "GNU tar's own": ["--format=gnu"],
};

describe("hard links", () => {
  it("are one file, whose first name in the order of paths it goes by", async () => {
    const { manifest } = await read(at("tree"), { xattrs: false });
    const names = manifest.entries.filter(({ kind }) => kind !== "dir");
    expect(names).toMatchObject([
      { kind: "file", path: "b-name", size: 12 },
      { kind: "file", path: "d/other" },
      { kind: "hard-link", path: "d/z-name", target: "b-name" },
      { kind: "hard-link", path: "git", target: "b-name" },
    ]);
    expect(treeFormat(manifest)).toBe(2);
  });

  it.each(Object.entries(TARS))("are the same in %s format", async (_, format) => {
    run("tar", ...format, "-cf", at("links.tar"), ".");
    const tree = await read(at("tree"), { xattrs: false });
    expect((await read(at("links.tar"))).manifest).toEqual(tree.manifest);
  });

  it("that a later member of a tar replaces are names of what they were", async () => {
    mkdirSync(at("again"), { recursive: true });
    writeFileSync(at("again/git"), "another program\n");
    run("tar", "-cf", at("replaced.tar"), "git", "b-name");
    execFileSync("tar", ["-rf", at("replaced.tar"), "-C", at("again"), "git"]);
    const { manifest } = await read(at("replaced.tar"));
    expect(manifest.entries).toMatchObject([
      { kind: "file", path: "b-name", size: 12 },
      { kind: "file", path: "git", size: 16 },
    ]);
  });
});

describe("extended attributes", () => {
  const attributesOf = ({ manifest }: SourceTree) =>
    manifest.entries.flatMap((entry) =>
      entry.kind !== "hard-link" && entry.xattrs ? [[entry.path, entry.xattrs]] : [],
    );

  it("are recorded, whatever is in their names and values", async () => {
    expect(attributesOf(await read(at("tree")))).toEqual([
      ["d", [{ name: "user.empty name", value: "" }]],
      [
        "d/other",
        [
          { name: "system.posix_acl_access", value: expect.stringMatching(/^AgAA/) },
          { name: "user.origin", value: btoa("a volunteer = one\nof us\\") },
        ],
      ],
    ]);
  });

  it("are the same in a tar", async () => {
    run("tar", "--xattrs", "--xattrs-include=*", "-cf", at("x.tar"), ".");
    expect(attributesOf(await read(at("x.tar")))).toEqual(attributesOf(await read(at("tree"))));
  });

  it("that are not recorded are told, each with its path", async () => {
    const told: string[] = [];
    const onLeftOut = (path: string, name: string) => void told.push(`${name} of ${path}`);
    const tree = await read(at("tree"), { xattrs: false, onLeftOut });
    expect(attributesOf(tree)).toEqual([]);
    run("tar", "--xattrs", "--xattrs-include=*", "-cf", at("x.tar"), ".");
    await read(at("x.tar"), { xattrs: false, onLeftOut });
    expect(told.sort()).toEqual([
      "system.posix_acl_access of d/other",
      "user.empty name of d",
      "user.origin of d/other",
    ]);
  });
});

it("times are recorded where they are asked for, in whole seconds, and are the same in a tar", async () => {
  run("tar", "--format=posix", "-cf", at("times.tar"), ".");
  const [tree, tar] = [
    await read(at("tree"), { times: true, xattrs: false }),
    await read(at("times.tar"), { times: true }),
  ];
  expect(tar.manifest).toEqual(tree.manifest);
  expect(tree.manifest.entries).toContainEqual(
    expect.objectContaining({ path: "d/other", mtime: 1_700_000_000 }),
  );
});

describe("a sparse file of a tar", () => {
  beforeAll(() => {
    mkdirSync(at("holes"));
    execFileSync("truncate", ["-s", "3M", at("holes/disk")]);
    execFileSync(
      "sh",
      [
        "-c",
        "for at in 3 100 200 300 400 500 700; do echo $at | dd of=disk bs=4096 seek=$at conv=notrunc status=none; done",
      ],
      { cwd: at("holes") },
    );
    expect(statSync(at("holes/disk")).blocks * 512).toBeLessThan(1 << 20);
  });

  it.each([
    ["GNU's header and blocks behind it", ["--format=gnu"]],
    ["pax records for each stretch", ["--format=posix", "--sparse-version=0.0"]],
    ["a pax record with a list", ["--format=posix", "--sparse-version=0.1"]],
    ["a list before the data", ["--format=posix", "--sparse-version=1.0"]],
  ])("is whole, by %s", async (_, format) => {
    execFileSync("tar", ["--sparse", ...format, "-cf", at("s.tar"), "-C", at("holes"), "."]);
    expect(statSync(at("s.tar")).size).toBeLessThan(1 << 20);
    const [tree, tar] = [await read(at("holes")), await read(at("s.tar"))];
    expect(treeId(tar.manifest)).toBe(treeId(tree.manifest));
  });
});
