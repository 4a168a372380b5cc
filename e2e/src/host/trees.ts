/**
 * Two versions of a small system, whole enough to be a root filesystem once the host's programs are
 * shown in it.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Folders that something is mounted on: `usr` the host's programs, `opt/node` its Node, the others
 * what they are called for.
 */
const MOUNT_POINTS = [
  "usr",
  "proc",
  "dev",
  "tmp",
  "run",
  "opt/infield",
  "opt/node",
  "var/lib/infield",
];
/** As every system has them by now. */
const MERGED = ["bin", "lib", "lib64"];

/**
 * Writes the system's version `n` to `folder`: it says which it is in etc/release, and so does its
 * init.
 */
export function writeSystem(folder: string, n: number): string {
  for (const point of MOUNT_POINTS) mkdirSync(join(folder, point), { recursive: true });
  for (const name of MERGED) symlinkSync(`usr/${name}`, join(folder, name));
  write(folder, "etc/release", `system ${n}\n`);
  write(folder, "bin-check", '#!/bin/sh\ntest -s "$(dirname "$0")/etc/release"\n');
  write(folder, "sbin/init", '#!/bin/sh\necho "init of $(cat /etc/release)"\n');
  for (const program of ["bin-check", "sbin/init"]) chmodSync(join(folder, program), 0o755);
  return folder;
}

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
