/**
 * Peers that know what a folder is. Each makes its delta once, as whoever publishes an update
 * would, and applies it to the old tree alone.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { compareFolders } from "../../trees/compare-folders.ts";
import type { Contender } from "../contest/contender.ts";
import { versionOf } from "./installed.ts";
import { HDIFFPATCH, hdiffz } from "./on-tars.ts";

const always = () => true;

/** It carries neither modes nor links, so that they are not compared. */
export const hdiffpatchFolders: Contender = {
  name: "HDiffPatch, directories",
  ours: false,
  ...HDIFFPATCH,
  suits: always,
  create({ old, next }, work, meter) {
    meter.run(...hdiffz("-m-1", old, next, join(work, "delta")));
    return statSync(join(work, "delta")).size;
  },
  apply({ old, next }, work, meter) {
    meter.run("hpatchz", old, join(work, "delta"), join(work, "out"));
    return compareFolders(next, join(work, "out")).filter(
      (difference) => !difference.startsWith("mode: ") && !isMissingLink(next, difference),
    );
  },
};

/**
 * One file with what the old commit lacks, applied to a repository that has nothing but the old
 * commit.
 */
export const ostree: Contender = {
  name: "OSTree static delta",
  ours: false,
  programs: ["ostree"],
  version: () => versionOf("ostree", "--version"),
  suits: always,
  create({ old, next }, work, meter) {
    const repository = `--repo=${join(work, "repository")}`;
    prepare("ostree", repository, "init", "--mode=bare-user");
    const commit = (tree: string) =>
      prepare("ostree", repository, "commit", "-b", "bench", "-s", "", `--tree=dir=${tree}`).trim();
    const ends = [`--from=${commit(old)}`, `--to=${commit(next)}`];
    const form = ["--inline", "--min-fallback-size=0", `--filename=${join(work, "delta")}`];
    meter.run("ostree", repository, "static-delta", "generate", ...ends, ...form);
    return statSync(join(work, "delta")).size;
  },
  apply({ next }, work, meter) {
    const [full, laptop] = [join(work, "repository"), `--repo=${join(work, "laptop")}`];
    const [newest, before] = ["bench", "bench^"].map((name) =>
      prepare("ostree", `--repo=${full}`, "rev-parse", name).trim(),
    );
    prepare("ostree", laptop, "init", "--mode=bare-user");
    prepare("ostree", laptop, "pull-local", full, before ?? "");
    meter.run("ostree", laptop, "static-delta", "apply-offline", join(work, "delta"));
    prepare("ostree", laptop, "checkout", "-U", newest ?? "", join(work, "out"));
    return compareFolders(next, join(work, "out"));
  },
};

/** Modes of folders and files, but no times: they differ where nothing else does. */
const RSYNC_SAME = ["-rlp", "--checksum", "--delete", "--no-whole-file"];

export const rsync: Contender = {
  name: "rsync batch + xz",
  ours: false,
  programs: ["rsync", "xz"],
  version: () => `${versionOf("rsync", "--version")}, ${versionOf("xz", "--version")}`,
  suits: always,
  create({ old, next }, work, meter) {
    const batch = join(work, "batch");
    meter.run("rsync", ...RSYNC_SAME, `--only-write-batch=${batch}`, `${next}/`, `${old}/`);
    meter.run("xz", "-9e", batch);
    return statSync(`${batch}.xz`).size;
  },
  apply({ old, next }, work, meter) {
    const [batch, out] = [join(work, "batch"), join(work, "out")];
    copyTree(old, out);
    meter.run("xz", "-d", `${batch}.xz`);
    meter.run("rsync", ...RSYNC_SAME, `--read-batch=${batch}`, `${out}/`);
    return compareFolders(next, out);
  },
};

/** What a tree of ours has too; `--with` leaves out everything that is not named. */
const CASYNC_FORM = ["--with=permissions", "--with=symlinks", "--compression=xz"];

/** What travels: the new index, and the chunks that a store with the old tree lacks. */
export const casync: Contender = {
  name: "casync",
  ours: false,
  programs: ["casync"],
  version: () => versionOf("casync", "--version"),
  suits: always,
  create({ old, next }, work, meter) {
    const [index, had, all, travels] = ["new.caidx", "had.castr", "all.castr", "new.castr"].map(
      (name) => join(work, name),
    ) as [string, string, string, string];
    prepare("casync", "make", ...CASYNC_FORM, `--store=${had}`, join(work, "old.caidx"), old);
    meter.run("casync", "make", ...CASYNC_FORM, `--store=${all}`, index, next);
    return statSync(index).size + moveMissing(all, had, travels);
  },
  apply({ old, next }, work, meter) {
    const store = `--store=${join(work, "new.castr")}`;
    meter.run(
      "casync",
      "extract",
      store,
      `--seed=${old}`,
      join(work, "new.caidx"),
      join(work, "out"),
    );
    return compareFolders(next, join(work, "out"));
  },
};

/** Runs what is no part of making or applying a delta, and gives what it printed. */
function prepare(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
}

function isMissingLink(tree: string, difference: string): boolean {
  const [, path] = /^missing: (.*)$/s.exec(difference) ?? [];
  return path !== undefined && lstatSync(join(tree, path)).isSymbolicLink();
}

function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
}

/** Moves the files that `has` lacks into `to`, and gives their bytes. */
function moveMissing(from: string, has: string, to: string): number {
  let bytes = 0;
  for (const path of readdirSync(from, { recursive: true, encoding: "utf8" })) {
    const stats = statSync(join(from, path));
    if (!stats.isFile() || existsSync(join(has, path))) continue;
    bytes += stats.size;
    mkdirSync(dirname(join(to, path)), { recursive: true });
    renameSync(join(from, path), join(to, path));
  }
  return bytes;
}
