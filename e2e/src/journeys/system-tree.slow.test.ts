/**
 * A system's files go through faithfully: from a tar and from an image to a laptop, and through an
 * update, compared by programs that we did not write. The files are those of packages installed on
 * this machine; INFIELD_SYSTEM_TREE names a whole system instead, such as mmdebstrap makes.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOnPath } from "../harness/find-on-path.ts";
import { infield } from "../harness/infield.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";

const TOOLS = ["dpkg", "rsync", "getcap", "setcap", "getfattr", "setfacl", "sqfs2tar"];
const mayRun = process.getuid?.() === 0 && TOOLS.every((tool) => findOnPath([tool]) !== undefined);
/** Setuid programs, hard links, links, perl's many names. */
const PACKAGES = ["passwd", "perl-base", "base-files", "tzdata"];
const HOLE_BYTES = 64 << 20;
const RECORDED = ["--owners", "--times", "--level", "fast"];

const work = mayRun ? tempFolder("system") : "";
const at = (...names: string[]) => join(work, ...names);
function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { cwd: work, encoding: "utf8", maxBuffer: 1 << 28 });
}

describe.skipIf(!mayRun)(`a system's files (as root, with ${TOOLS.join(", ")})`, () => {
  beforeAll(() => {
    makeSystem(at("old"));
    changeSystem(at("old"), at("new"));
    run("tar", "--xattrs", "--xattrs-include=*", "--sparse", "-cf", "old.tar", "-C", "old", ".");
  });
  afterAll(removeTempFolders);

  it("are the same on a laptop, from a tar, and after an update from a folder", async () => {
    await startChannel("repository");
    await release("repository", "old.tar", "--from", "empty");
    await infield("install", at("repository"), "--root", at("laptop"), "--system");
    expectSame(at("old"), at("laptop/current"));
    await release("repository", "new", "--from", at("old"));
    await infield("install", at("repository"), "--root", at("laptop"), "--system");
    expectSame(at("new"), at("laptop/current"));
  });

  it("are the same on a laptop, from a squashfs", async () => {
    // mksquashfs 4.5 leaves out access control lists, and says so.
    run("setfacl", "--recursive", "--remove-all", "--remove-default", "new");
    run("mksquashfs", "new", "new.squashfs", "-quiet", "-no-progress");
    await startChannel("from-image");
    await release("from-image", "new.squashfs");
    await infield("install", at("from-image"), "--root", at("another"), "--system");
    expectSame(at("new"), at("another/current"));
  });
});

/** What running systems make, and devices, is kept out by default: it is left out here as well. */
const KEPT_OUT = [
  "/proc/*",
  "/sys/*",
  "/dev/*",
  "/run/*",
  "/tmp/*",
  "lost+found",
  "/etc/machine-id",
];

function makeSystem(folder: string): void {
  const given = process.env.INFIELD_SYSTEM_TREE;
  mkdirSync(folder);
  if (given !== undefined) {
    const excludes = KEPT_OUT.map((pattern) => `--exclude=${pattern}`);
    run("rsync", "-aAXHS", ...excludes, `${given}/`, `${folder}/`);
  } else {
    const files = run("dpkg", "-L", ...PACKAGES);
    execFileSync("rsync", ["-aHS", "--files-from=-", "--no-implied-dirs", "/", folder], {
      // Not the root itself, of which rsync would take everything.
      input: files.replaceAll(/^\/\.\n/gm, ""),
      stdio: ["pipe", "ignore", "ignore"],
    });
  }
  run("setcap", "cap_net_raw,cap_sys_time+ep", join(folder, "usr/bin/perl"));
  run("setfacl", "-m", "u:1234:rw,g:50:r", join(folder, "etc/issue"));
  run("setfacl", "-d", "-m", "g:50:rx", join(folder, "usr/share"));
  run("setfattr", "-n", "user.origin", "-v", "a volunteer", join(folder, "etc/issue"));
  run("chown", "1234:50", join(folder, "etc/issue.net"));
  run("ln", join(folder, "usr/bin/chsh"), join(folder, "usr/bin/zz-chsh"));
  writeHole(join(folder, "usr/lib/disk"), "data");
  // Nobody but root can read it.
  writeFileSync(join(folder, "etc/secret"), "s", { mode: 0 });
}

/** Contents, modes, capabilities, access control lists, links, holes: everything changes a bit. */
function changeSystem(old: string, folder: string): void {
  run("rsync", "-aAXHS", `${old}/`, `${folder}/`);
  run("setcap", "cap_net_raw+ep", join(folder, "usr/bin/perl"));
  run("setfacl", "-x", "u:1234", join(folder, "etc/issue"));
  run("rm", join(folder, "usr/bin/zz-chsh"));
  run("ln", join(folder, "usr/bin/chfn"), join(folder, "usr/bin/aa-chfn"));
  run("chmod", "4711", join(folder, "usr/bin/passwd"));
  cpSync(join(folder, "etc/issue.net"), join(folder, "etc/added"));
  writeHole(join(folder, "usr/lib/disk"), "other data");
}

function writeHole(path: string, data: string): void {
  run("truncate", "-s", String(HOLE_BYTES), path);
  execFileSync("dd", [`of=${path}`, "bs=4096", "seek=1000", "conv=notrunc"], {
    input: data,
    stdio: ["pipe", "ignore", "ignore"],
  });
}

async function startChannel(name: string): Promise<void> {
  await infield("channel", "create", name, "-d", at(name), "--key", at(`${name}.key`));
}

async function release(name: string, tree: string, ...more: string[]): Promise<void> {
  const place = ["-d", at(name), "--key", at(`${name}.key`), "--tree", at(tree)];
  await infield("release", "create", ...place, ...RECORDED, ...more);
}

/**
 * Names of one file, each with its first one. Not counts: a laptop's versions share what did not
 * change.
 */
const SAME_FILES =
  "find . -type f -printf '%i %p\\n' | sort -k2 | awk " +
  "'{ id = $1; $1 = \"\"; if (id in first) print first[id], $0; else first[id] = $0 }'";

function expectSame(source: string, laptop: string): void {
  const differences = run(
    "rsync",
    "-aAXHn",
    "--delete",
    "--itemize-changes",
    `${source}/`,
    `${laptop}/`,
  )
    .split("\n")
    // The root itself has no line in a manifest.
    .filter((line) => line !== "" && !/^\.d\S+ \.\/$/.test(line));
  expect(differences).toEqual([]);
  for (const look of [
    "getcap -r . | sort",
    "getfattr -R -h -d -m - -e base64 . | grep -v '^# file: .$'",
    SAME_FILES,
  ])
    expect(lookAt(laptop, look), look).toBe(lookAt(source, look));
  expect(lookAt(source, "getcap -r .")).toContain("cap_net_raw");
  expect(lookAt(source, SAME_FILES)).toMatch(/chfn|chsh/);
  const hole = statSync(join(laptop, "usr/lib/disk"));
  expect(hole.size).toBe(HOLE_BYTES);
  expect(hole.blocks * 512).toBeLessThan(1 << 20);
}

function lookAt(folder: string, command: string): string {
  return execFileSync("sh", ["-c", command], { cwd: folder, encoding: "utf8", maxBuffer: 1 << 26 });
}
