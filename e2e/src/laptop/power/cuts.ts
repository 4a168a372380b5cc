/**
 * One cut: a laptop does something, the power goes at a certain request to its disk, and what is
 * left is looked at by code that shares nothing with the store. Then the laptop goes on, and must
 * come to the same end.
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type * as Library from "../../faults/scene/actions.ts";
import { ACTIONS, type ActionName } from "../../faults/scene/actions.ts";
import { type Before, findViolations, readBefore } from "../../faults/scene/oracle.ts";
import type { Scene } from "../../faults/scene/scene.ts";
import type { Filesystem } from "../machine/disk.ts";
import { CutMachine, type Template } from "./cut-machine.ts";
import { type Random, VolatileDisk } from "./volatile-disk.ts";

/** The same for all, as the template has one size of disk: what mkfs.xfs takes. */
export const DISK_BYTES = 320 * 1024 * 1024;

export interface Cutting {
  readonly folder: string;
  readonly template: Template;
  readonly scene: Scene;
  readonly library: typeof Library;
}

/** A disk on which a root stands where an action begins. */
export interface Start {
  readonly filesystem: Filesystem;
  readonly action: ActionName;
  readonly image: Buffer;
  readonly before: Before;
}

export interface Cut {
  /** The request at which it came; undefined when all was done before. */
  readonly at?: number;
  readonly phase: string;
  /** Writes and flushes that were done before. */
  readonly requests: number;
  readonly lost: number;
  readonly unflushed: number;
  readonly violations: readonly string[];
}

/** Makes the disk. As root, in a mount namespace of one's own. */
export async function makeStart(
  { folder, scene, library }: Cutting,
  filesystem: Filesystem,
  action: ActionName,
): Promise<Start> {
  const file = join(folder, "start.img");
  writeFileSync(file, "");
  truncateSync(file, DISK_BYTES);
  execFileSync(`mkfs.${filesystem}`, ["-q", file]);
  const root = await mounted(folder, file, async (mountPoint) => {
    const path = join(mountPoint, "root");
    mkdirSync(path);
    await library.prepare(action, path, scene.repository);
    return readBefore(path);
  });
  return { filesystem, action, image: readFileSync(file), before: root };
}

/** Does the action, and cuts the power at request `at` of the disk. */
export async function tryCut(
  cutting: Cutting,
  start: Start,
  at: number,
  random: Random,
): Promise<Cut> {
  const disk = new VolatileDisk(start.image);
  const machine = await CutMachine.resume(cutting.template, disk, at);
  let how: "cut" | "done";
  try {
    machine.tell(`act ${start.filesystem} ${start.action}`);
    how = await machine.untilCutOrDone();
  } finally {
    await machine.off();
  }
  const phase = phaseOf(machine.said);
  const { requests } = disk;
  const { lost, unflushed } = disk.cut(random);
  const violations = await lookAndGoOn(cutting, start, disk, machine.said.includes("done"));
  return { ...(how === "cut" && { at }), phase, requests, lost, unflushed, violations };
}

function phaseOf(said: readonly string[]): string {
  if (said.includes("done")) return "done";
  return said.findLast((line) => line.startsWith("phase "))?.slice(6) ?? "mount";
}

/** What is left must be old or new, whole; and the action, done again, must succeed. */
async function lookAndGoOn(
  { folder, scene, library }: Cutting,
  { action, image, before }: Start,
  disk: VolatileDisk,
  isDone: boolean,
): Promise<string[]> {
  const file = join(folder, "cut.img");
  writeImage(file, image, disk);
  return mounted(folder, file, async (mountPoint) => {
    const root = join(mountPoint, "root");
    const left = findViolations(root, scene, ACTIONS[action], before, isDone);
    await library
      .act(action, root, scene.repository, () => {}, false)
      .catch((error: unknown) => left.push(`it did not go on: ${error}`));
    const after = findViolations(root, scene, ACTIONS[action], before, true);
    return [...left, ...after.map((what) => `after it went on: ${what}`)];
  }).catch((error: unknown) => [`the filesystem could not be mounted: ${error}`]);
}

/** Only what is not zeros: most of the disk is. */
function writeImage(file: string, image: Buffer, disk: VolatileDisk): void {
  const chunk = 1 << 16;
  const zeros = Buffer.alloc(chunk);
  writeFileSync(file, "");
  truncateSync(file, image.length);
  const handle = openSync(file, "r+");
  for (let at = 0; at < image.length; at += chunk) {
    const bytes = image.subarray(at, at + chunk);
    if (!bytes.equals(zeros.subarray(0, bytes.length)))
      writeSync(handle, bytes, 0, bytes.length, at);
  }
  for (const [offset, bytes] of disk.changes()) writeSync(handle, bytes, 0, bytes.length, offset);
  closeSync(handle);
}

async function mounted<T>(
  folder: string,
  file: string,
  use: (mountPoint: string) => Promise<T>,
): Promise<T> {
  const mountPoint = join(folder, "mounted");
  mkdirSync(mountPoint, { recursive: true });
  execFileSync("mount", ["-o", "loop", file, mountPoint]);
  try {
    return await use(mountPoint);
  } finally {
    execFileSync("umount", [mountPoint]);
  }
}
