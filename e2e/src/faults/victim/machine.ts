/**
 * What this machine allows: a mount namespace of our own, each filesystem, a C compiler. What can
 * be installed, is.
 */
import { spawnSync } from "node:child_process";
import { findOnPath } from "../../harness/find-on-path.ts";
import { installDebianPackage } from "../../setup/debian.ts";
import { type ImageKind, MKFS_PACKAGES } from "./disks.ts";

/** Commands and the Debian packages that have them. */
const TOOLS: readonly (readonly [string, readonly string[]])[] = [
  ["cc", ["gcc", "libc6-dev"]],
  ...Object.entries(MKFS_PACKAGES).map(([kind, name]) => [`mkfs.${kind}`, [name]] as const),
];

/**
 * In a mount namespace of its own: nothing of it is seen outside, and all of it is gone with the
 * process.
 */
export const IN_NAMESPACE = ["unshare", "--mount", "--propagation", "private"] as const;

/** By what a check needs: why it cannot be had here, for what cannot. */
export type Lacks = Readonly<Partial<Record<string, string>>>;

/**
 * Throws when there is no C compiler and none can be installed: then nothing can be tried at all.
 */
export function prepareMachine(): Lacks {
  for (const [tool, packages] of TOOLS) {
    try {
      if (findOnPath([tool]) === undefined) for (const name of packages) installDebianPackage(name);
    } catch (error) {
      if (tool === "cc") throw error;
    }
  }
  const lacks: Record<string, string> = {};
  if (!works("mount -t tmpfs tmpfs /mnt")) lacks.tmpfs = "this user may not mount";
  for (const kind of Object.keys(MKFS_PACKAGES) as ImageKind[]) {
    if (findOnPath([`mkfs.${kind}`]) === undefined) lacks[kind] = `there is no mkfs.${kind}`;
    else if (!works(tryImage(kind))) lacks[kind] = `${kind} cannot be mounted here`;
  }
  return lacks;
}

function tryImage(kind: ImageKind): string {
  const make = `truncate -s 300M image && mkfs.${kind} -q image && mkdir mounted && mount -o loop image mounted`;
  return `mount -t tmpfs tmpfs /mnt && cd /mnt && ${make} && umount mounted`;
}

function works(script: string): boolean {
  const [command, ...args] = IN_NAMESPACE;
  return spawnSync(command, [...args, "sh", "-c", script], { stdio: "ignore" }).status === 0;
}
