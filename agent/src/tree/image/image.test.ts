/** Images made by the real programs, each the same tree as the folder it was made from. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { treeId } from "@infield/shared/tree";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenOptions, openTree } from "../open-tree.ts";

const work = mkdtempSync(join(tmpdir(), "infield-images-"));
const at = (name: string) => join(work, name);
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { cwd: work, stdio: ["ignore", "ignore", "pipe"] });
const has = (...programs: string[]) =>
  programs.every((program) => {
    try {
      execFileSync("which", [program], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
const isRoot = process.getuid?.() === 0;
const MiB = 1 << 20;

async function idOf(name: string, more: Partial<OpenOptions> = {}): Promise<string> {
  const excludes = { patterns: ["lost+found"], defaults: false };
  const tree = await openTree(at(name), { owners: true, times: true, excludes, ...more });
  await tree.close();
  return treeId(tree.manifest);
}

beforeAll(() => {
  mkdirSync(at("tree/bin"), { recursive: true });
  writeFileSync(at("tree/bin/su"), "#!/bin/sh\n");
  chmodSync(at("tree/bin/su"), 0o4755);
  linkSync(at("tree/bin/su"), at("tree/bin/hard"));
  writeFileSync(at("tree/name with\nevery\\thing"), "x");
  run("truncate", "-s", "3M", "tree/holes");
  if (isRoot) run("chown", "5:6", "tree/bin");
  run("setfattr", "-n", "user.origin", "-v", "a volunteer", "tree/bin/su");
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.skipIf(!has("mksquashfs", "sqfs2tar"))(
  "a squashfs (when mksquashfs and sqfs2tar are installed)",
  () => {
    it("is the same tree as the folder", async () => {
      run("mksquashfs", "tree", "s.img", "-quiet", "-no-progress");
      expect(await idOf("s.img")).toBe(await idOf("tree"));
    });

    it("that breaks off is refused, with what the program says", async () => {
      run("mksquashfs", "tree", "cut.img", "-quiet", "-no-progress", "-noappend");
      run("truncate", "-s", "200", "cut.img");
      await expect(idOf("cut.img")).rejects.toMatchObject({
        code: "not-a-tree",
        message: expect.stringContaining("the image cannot be read"),
      });
    });
  },
);

describe.skipIf(!isRoot || !has("mkfs.ext4", "sfdisk"))("an ext4 filesystem (as root)", () => {
  beforeAll(() => {
    run("truncate", "-s", "16M", "ext4.img");
    run("mkfs.ext4", "-q", "-d", "tree", "ext4.img");
  });

  // It begins with zeros, as an empty tar does, and was read as one.
  it("is the same tree as the folder", async () => {
    expect(await idOf("ext4.img")).toBe(await idOf("tree"));
  });

  it("is found on a disk, where it is the only one", async () => {
    run("truncate", "-s", "32M", "one.img");
    partition("one.img", "label: gpt\nsize=4M, type=U\nsize=16M, type=L\n");
    place("ext4.img", "one.img", 5 * MiB);
    expect(await idOf("one.img")).toBe(await idOf("tree"));
  });

  it("is asked for by its number, where there are several", async () => {
    run("truncate", "-s", "64M", "disk.img");
    partition("disk.img", "label: dos\nsize=16M, type=83\nsize=16M, type=83\n");
    place("ext4.img", "disk.img", MiB);
    place("ext4.img", "disk.img", 17 * MiB);
    await expect(idOf("disk.img")).rejects.toMatchObject({
      code: "not-a-tree",
      message: expect.stringMatching(/1 \(ext4, 17 MB\), 2 \(ext4, 17 MB\)/),
      hint: expect.stringContaining("--partition N"),
    });
    expect(await idOf("disk.img", { partition: 2 })).toBe(await idOf("tree"));
  });

  function partition(disk: string, table: string): void {
    execFileSync("sfdisk", ["-q", disk], { cwd: work, input: table });
  }
  function place(image: string, disk: string, offset: number): void {
    const count = `count=${statSync(at(image)).size / MiB}`;
    run("dd", `if=${image}`, `of=${disk}`, "bs=1M", `seek=${offset / MiB}`, count, "conv=notrunc");
  }
});

it("an image that nobody here reads is refused with what to do", async () => {
  const qcow2 = Buffer.alloc(1024);
  qcow2.write("QFI\xfb", "latin1");
  writeFileSync(at("disk.qcow2"), qcow2);
  await expect(idOf("disk.qcow2")).rejects.toMatchObject({
    code: "not-a-tree",
    hint: expect.stringContaining("qemu-img convert"),
  });
});
