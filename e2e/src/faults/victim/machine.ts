/** What this machine allows: a mount namespace of our own, each filesystem, a C compiler. */
import { spawnSync } from "node:child_process";
import { findOnPath } from "../../harness/find-on-path.ts";
import { IMAGE_KINDS, type ImageKind } from "./disks.ts";

/**
 * In a mount namespace of its own: nothing of it is seen outside, and all of it is gone with the
 * process.
 */
export const IN_NAMESPACE = ["unshare", "--mount", "--propagation", "private"] as const;

/** By what a check needs: why it cannot be had here, for what cannot. */
export type Lacks = Readonly<Partial<Record<string, string>>>;

/** Throws when there is no C compiler: then nothing can be tried at all. */
export function examineMachine(): Lacks {
  if (findOnPath(["cc"]) === undefined)
    throw new Error("the fault suites need a C compiler: `npm run setup` installs one on Debian");
  const lacks: Record<string, string> = {};
  if (!works("mount -t tmpfs tmpfs /mnt")) lacks.tmpfs = "this user may not mount";
  for (const kind of IMAGE_KINDS) {
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
