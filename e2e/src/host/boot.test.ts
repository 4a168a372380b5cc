/**
 * Booting ROOT/current: choose-version.sh and boot-is-up.sh as docs/operating.md has them called,
 * with an init of an initramfs' kind.
 */
import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { infield } from "../harness/infield.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { makeSystemChannel, SERVICE } from "./channel.ts";
import { mayMount, WITH_MOUNTS } from "./may-mount.ts";

const INFIELD = join(SERVICE, "../bin/infield.js");
/**
 * As in docs/operating.md, but for switch_root, which only works in a real initramfs: pivot_root
 * does the same to this namespace.
 */
const INIT = `#!/bin/sh
set -eu
tree=$("${SERVICE}/choose-version.sh" "$1")
mount --bind "$tree" /mnt
mount --bind /usr /mnt/usr
mount -t proc proc /mnt/proc
cd /mnt
pivot_root . run
umount -l /run
exec chroot . /sbin/init
`;

let folder: string;
let root: string;
let count = 0;
beforeAll(async () => {
  folder = tempFolder("boot");
  const channel = await makeSystemChannel(folder);
  // At version 2, with version 1 behind it, which came up once.
  root = join(folder, "root");
  await infield("install", channel.first, "--root", root);
  await isUp(1);
  await infield("install", channel.repository, "--root", root);
});
beforeEach(() => {
  root = join(folder, `root${++count}`);
  execFileSync("cp", ["-a", join(folder, "root"), root]);
});
afterAll(removeTempFolders);

function choose(): string {
  const tree = execFileSync(join(SERVICE, "choose-version.sh"), [root], { encoding: "utf8" });
  return tree.slice(root.length);
}

function isUp(version: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, INFIELD };
    execFile(join(SERVICE, "boot-is-up.sh"), [root, String(version)], { env }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

function breakCurrent(target: string): void {
  rmSync(join(root, "current"));
  symlinkSync(target, join(root, "current"));
}

it("boots the version in use, and goes on doing so once it came up", async () => {
  expect(choose()).toBe("/versions/2/tree");
  await isUp(2);
  for (let boots = 0; boots < 5; boots++) expect(choose()).toBe("/versions/2/tree");
});

it("boots what came up last when a version did not come up twice, and the laptop goes back to that and holds", async () => {
  expect([choose(), choose(), choose()]).toEqual([
    "/versions/2/tree",
    "/versions/2/tree",
    "/versions/1/tree",
  ]);
  await isUp(1);
  expect(await infield("status", "--root", root)).toMatchObject({ current: 1, held: 2 });
  expect(choose()).toBe("/versions/1/tree");
});

it.each(["versions/7/tree", "versions/2", "/etc", "../x"])(
  "boots what came up last when current leads to %s",
  (target) => {
    breakCurrent(target);
    expect(choose()).toBe("/versions/1/tree");
  },
);

it("boots the newest there is when nothing ever came up and current is gone", () => {
  rmSync(join(root, "current"));
  rmSync(join(root, "boot"), { recursive: true });
  mkdirSync(join(root, "versions/10"));
  expect(choose()).toBe("/versions/2/tree");
});

it("passes over a version without an init", () => {
  rmSync(join(root, "versions/2/tree/sbin/init"));
  expect(choose()).toBe("/versions/1/tree");
});

it("says so when there is nothing to boot", () => {
  rmSync(join(root, "versions"), { recursive: true });
  expect(choose).toThrow(/no version to boot/);
});

it("is not led astray by half-written files of its own", async () => {
  writeFileSync(join(root, "boot/tried-2"), "");
  writeFileSync(join(root, "boot/good"), "1x\n");
  expect([choose(), choose()]).toEqual(["/versions/2/tree", "/versions/2/tree"]);
  expect(choose()).toBe("/versions/2/tree");
  expect(readFileSync(join(root, "boot/tried-2"), "utf8")).toBe("2\n");
});

it.runIf(mayMount)(`comes up with the chosen version as its root ${WITH_MOUNTS}`, () => {
  const init = join(folder, "init");
  if (!existsSync(init)) writeFileSync(init, INIT);
  chmodSync(init, 0o755);
  const boot = () =>
    execFileSync("unshare", ["--mount", "--propagation", "private", init, root], {
      encoding: "utf8",
    });
  expect([boot(), boot(), boot()]).toEqual([
    "init of system 2\n",
    "init of system 2\n",
    "init of system 1\n",
  ]);
  breakCurrent("nowhere");
  expect(boot()).toBe("init of system 1\n");
});
