/**
 * A disk that is really full: a filesystem in memory with room for so many pages, or so many
 * inodes, and not one more.
 */
import { execFile } from "node:child_process";
import { statfsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { seededRandom } from "@infield/shared/testing";
import type { ActionName } from "../scene/actions.ts";
import { readBefore } from "../scene/oracle.ts";
import { copyFolder, type Disk } from "../victim/disks.ts";
import type { Lane } from "../victim/lane.ts";
import { checkRoot, type Trial } from "./point.ts";
import type { Tell } from "./sweeps.ts";

const runFile = promisify(execFile);
const PAGE_BYTES = 4096;
/** More pages or inodes than the action takes. */
const ENOUGH = 1_000;

export type Scarce = "pages" | "inodes";

/**
 * Does the action with 0, 1, 2… to spare until there is enough, or with so many numbers chosen by
 * chance.
 */
export async function sweepFullness(
  lane: Lane,
  action: ActionName,
  scarce: Scarce,
  sample: number | undefined,
  tell: Tell,
): Promise<string[]> {
  const source = await lane.disk("memory");
  const disk = await limitedDisk(source, join(lane.ground.folder, `limited-${action}-${scarce}`));
  const fault = { name: `${scarce} exhausted`, kind: "none" } as const;
  const trial: Trial = { ground: lane.ground, disk, action, fault };
  const violations: string[] = [];
  let happened = 0;
  for (
    let spare = 0, random = seededRandom(1);
    spare < ENOUGH;
    spare += sample ? 1 + Math.floor(random() * 12) : 1
  ) {
    const { found, isFull } = await tryFullness(trial, scarce, spare);
    violations.push(...found.map((what) => `${spare} ${scarce} to spare: ${what}`));
    if (!isFull) break;
    tell("memory", fault, { phase: "build", isOver: false, violations: found });
    if (++happened === sample) break;
  }
  if (happened === 0) violations.push("the disk was never full");
  await disk.close();
  return violations;
}

async function tryFullness(
  trial: Trial,
  scarce: Scarce,
  spare: number,
): Promise<{ found: string[]; isFull: boolean }> {
  const { disk, ground, action } = trial;
  await disk.restore(action);
  const before = readBefore(disk.root);
  await limit(disk.mountPoint ?? "", scarce, spare);
  const result = await ground.library
    .act(action, disk.root, ground.scene.repository, () => {}, false)
    .then(() => "done")
    .catch((error: Error & { code?: string }) => `${error.code} ${error.message}`);
  const found = /^(done|no-space )/.test(result) ? [] : [`it ended with ${result}`];
  await unlimit(disk.mountPoint ?? "");
  return {
    found: [...found, ...(await checkRoot(trial, before, result === "done"))],
    isFull: result !== "done",
  };
}

/** The roots of another disk, on a filesystem whose size can be set. */
async function limitedDisk(source: Disk, mountPoint: string): Promise<Disk> {
  await mkdir(mountPoint);
  const root = join(mountPoint, "root");
  const unmount = () => runFile("umount", [mountPoint]);
  await runFile("mount", ["-t", "tmpfs", "tmpfs", mountPoint]);
  return {
    ...source,
    root,
    mountPoint,
    async restore(name) {
      await unmount();
      await runFile("mount", ["-t", "tmpfs", "tmpfs", mountPoint]);
      await source.restore(name);
      await copyFolder(source.root, root);
    },
    async close() {
      await unmount();
    },
  };
}

async function limit(mountPoint: string, scarce: Scarce, spare: number): Promise<void> {
  const { blocks, bfree, files, ffree } = statfsSync(mountPoint);
  // To tmpfs, no page at all is no limit.
  const pages = Math.max(1, blocks - bfree + spare);
  const option =
    scarce === "pages" ? `size=${pages * PAGE_BYTES}` : `nr_inodes=${files - ffree + spare}`;
  await runFile("mount", ["-o", `remount,${option}`, mountPoint]);
}

async function unlimit(mountPoint: string): Promise<void> {
  await runFile("mount", ["-o", "remount,size=64m,nr_inodes=100000", mountPoint]);
}
