/**
 * Packages from public registries, each through its ordinary client, each checked against its
 * pinned SHA-256 before it is unpacked.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { keptFolder } from "./kept.ts";

export interface PinnedPackage {
  readonly from: "apt" | "npm" | "pip";
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

/** The same wheels on every machine: those for Python 3.11 on 64-bit Intel Linux. */
const WHEELS = [
  ...["--python-version", "3.11", "--implementation", "cp", "--only-binary=:all:"],
  ...["manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64", "any"].flatMap(
    (platform) => ["--platform", platform],
  ),
];

/**
 * Unpacks a package into a tree, where it would be installed. Throws one sentence when it cannot be
 * had as pinned.
 */
export function addPackage(wanted: PinnedPackage, tree: string): void {
  const file = fetchPackage(wanted);
  mkdirSync(tree, { recursive: true });
  if (wanted.from === "pip") run("python3", ["-m", "zipfile", "-e", file, tree]);
  else if (wanted.from === "apt") run("dpkg-deb", ["-x", file, tree]);
  else {
    const folder = join(tree, "node_modules", wanted.name);
    mkdirSync(folder, { recursive: true });
    run("tar", ["-xzf", file, "-C", folder, "--strip-components=1", "--no-same-owner"]);
  }
}

/**
 * The package's file, named by its hash: what is there under that name was checked when it came.
 */
function fetchPackage(wanted: PinnedPackage): string {
  const packages = keptFolder("packages");
  const kept = join(packages, wanted.sha256);
  if (existsSync(kept)) return kept;
  const incoming = mkdtempSync(join(packages, "incoming-"));
  try {
    download(wanted, incoming);
    const file = join(incoming, readdirSync(incoming)[0] ?? "");
    const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
    if (sha256 !== wanted.sha256)
      throw new Error(
        `${wanted.name} ${wanted.version} is not the package it was: SHA-256 ${sha256}`,
      );
    renameSync(file, kept);
    return kept;
  } finally {
    rmSync(incoming, { recursive: true });
  }
}

function download({ from, name, version }: PinnedPackage, into: string): void {
  if (from === "apt") run("apt-get", ["-qq", "download", `${name}=${version}`], into);
  else if (from === "npm") run("npm", ["pack", "--silent", `${name}@${version}`], into);
  else run("pip", ["download", "-q", "--no-deps", ...WHEELS, "-d", into, `${name}==${version}`]);
}

function run(program: string, args: readonly string[], cwd?: string): void {
  try {
    execFileSync(program, args, { ...(cwd && { cwd }), stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    const reason = stderr?.toString().trim().split("\n").at(-1) || message;
    throw new Error(`${program} ${args.at(-1)}: ${reason}`);
  }
}
