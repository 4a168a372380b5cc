/**
 * Versions with hard links, extended attributes and times: built, updated, verified and mended. As
 * root with capabilities too, which nobody else can set.
 */
import { execFileSync } from "node:child_process";
import { linkSync, lstatSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { treeId } from "@infield/shared/tree";
import { beforeEach, describe, expect, it } from "vitest";
import { createSha256 } from "../../host/sha256.ts";
import { findDifferences } from "../../tree/differences.ts";
import { openFolder } from "../../tree/folder.ts";
import { mendVersion } from "../repair/doctor.ts";
import { layoutOf, snapshotOf } from "../root/layout.ts";
import { readSnapshotManifest } from "../snapshot/snapshot-manifest.ts";
import { useRoot } from "../testing/use-root.ts";
import { writeTree } from "../testing/volunteer.ts";

const isRoot = process.getuid?.() === 0;
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: "utf8" });

const fixture = useRoot(async ({ path, volunteer, update, reopen }) => {
  await reopen({ system: isRoot });
  for (const n of [1, 2]) {
    const tree = await writeTree(path(String(n)), {
      "bin/git": "#!/bin/sh\nexit 0\n",
      "bin/ping": { content: "#!/bin/sh\n# with a capability\n", mode: 0o555 },
      "share/same": "labelled in 2\n",
      "share/twin": "twice\n",
      ...(n === 2 && { "share/copy of twin": "twice\n" }),
      changes: `${n}\n`,
    });
    linkSync(`${tree}/bin/git`, `${tree}/bin/git-add`);
    linkSync(`${tree}/bin/git`, `${tree}/a-git`);
    run("setfattr", "-n", "user.kind", "-v", "tool", `${tree}/bin/git`);
    run("setfattr", "-n", "user.kind", "-v", "programs", `${tree}/bin`);
    run("setfattr", "-n", "user.empty = name", `${tree}/bin`);
    if (n === 2) run("setfattr", "-n", "user.label", "-v", "new", `${tree}/share/same`);
    if (isRoot) run("setcap", "cap_net_raw+ep", `${tree}/bin/ping`);
    await volunteer.release(tree, [n - 1]);
    await update(n);
  }
});
beforeEach(() => fixture.reopen({ system: isRoot }));

const at = (version: number, path: string) => fixture.path(`root/versions/${version}/tree`, path);
const inode = (version: number, path: string) => lstatSync(at(version, path)).ino;

async function differences(version: number) {
  const snapshot = snapshotOf(layoutOf(fixture.root.path), version);
  const found = await findDifferences(snapshot.tree, await readSnapshotManifest(snapshot));
  return found.map(({ path, how }) => `${path}: ${how}`);
}

describe("an installed version", () => {
  it("is the volunteer's tree, read by another program", async () => {
    await fixture.update(2).catch(() => {});
    const installed = await openFolder(at(2, ""), { owners: false, createSha256 });
    expect(treeId(installed.manifest)).toBe(fixture.volunteer.releases[1]?.record.tree);
    const options = isRoot ? "-aAXHnc" : "-rlpXHnc";
    expect(
      run(
        "rsync",
        options,
        "--no-t",
        "--no-o",
        "--no-g",
        "--delete",
        "-i",
        `${fixture.path("2")}/`,
        `${at(2, "")}`,
      ),
    ).toBe("");
  });

  it.runIf(isRoot)("has its capabilities (skipped unless root)", () => {
    expect(run("getcap", at(2, "bin/ping"))).toContain("cap_net_raw=ep");
  });

  it("has each file once for all its names, and shares it with the version before", () => {
    expect(new Set(["a-git", "bin/git", "bin/git-add"].map((name) => inode(2, name))).size).toBe(1);
    expect(inode(2, "a-git")).toBe(inode(1, "a-git"));
  });

  it("does not share what has other attributes now, and has two files for two equal ones", () => {
    expect(inode(2, "share/same")).not.toBe(inode(1, "share/same"));
    expect(run("getfattr", "-d", "--absolute-names", at(1, "share/same"))).toBe("");
    expect(inode(2, "share/twin")).not.toBe(inode(2, "share/copy of twin"));
  });
});

describe("what is wrong is found, and mended", () => {
  it.each<[string, string, () => void]>([
    ["a name that is a file of its own", "bin/git: hard-link", () => breakOff("bin/git")],
    [
      "two files that became one",
      "share/twin: hard-link",
      () => {
        rmSync(at(2, "share/twin"));
        linkSync(at(2, "share/copy of twin"), at(2, "share/twin"));
      },
    ],
    [
      "an attribute that is gone",
      "share/same: attributes",
      () => run("setfattr", "-x", "user.label", at(2, "share/same")),
    ],
    [
      "an attribute with another value",
      "bin: attributes",
      () => run("setfattr", "-n", "user.kind", "-v", "x", at(2, "bin")),
    ],
    [
      "an attribute that nobody signed",
      "changes: attributes",
      () => run("setfattr", "-n", "user.more", "-v", "x", at(2, "changes")),
    ],
  ])("%s", async (_, difference, damage) => {
    damage();
    expect(await differences(2)).toEqual([difference]);
    await fixture.root.change((root) =>
      mendVersion(root, fixture.volunteer.channel, 2, { removeExtra: false }),
    );
    expect(await differences(2)).toEqual([]);
  });

  it("but not a time that nobody recorded", async () => {
    utimesSync(at(2, "changes"), 1, 1);
    expect(await differences(2)).toEqual([]);
  });
});

function breakOff(name: string): void {
  writeFileSync(at(2, "other"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  renameSync(at(2, "other"), at(2, name));
}
