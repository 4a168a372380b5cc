/**
 * Bit rot: a random block of 4 KiB becomes zeros, before a version is built on it, before it is
 * switched to, and after.
 */
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@infield/shared/testing";
import { ACTIONS } from "../scene/actions.ts";
import { findViolations, readBefore, readCurrent } from "../scene/oracle.ts";
import type { DiskKind } from "../victim/disks.ts";
import type { Lane } from "../victim/lane.ts";
import type { Trial } from "./point.ts";
import { type Tell, trialOf } from "./sweeps.ts";

const BLOCK_BYTES = 4096;

/** One way to be hit, and what must follow. */
export interface Rot {
  readonly name: string;
  readonly phase: string;
  /** The folder, below the root, of which a file is hit. */
  readonly hits: string;
  /** Brings the disk to where it is hit. */
  prepare(trial: Trial): Promise<void>;
  /** What is wrong afterwards. `path` is the file that was hit, from the folder on. */
  check(trial: Trial, path: string): Promise<string[]>;
}

export const ROTS: readonly Rot[] = [
  {
    name: "4 KiB zeroed in the version in use, before an update",
    phase: "build",
    hits: "versions/2/tree",
    prepare: (trial) => trial.disk.restore("update"),
    check: updatesAllTheSame,
  },
  {
    name: "4 KiB zeroed in a blob, before it is built from",
    phase: "build",
    hits: "repository/blobs",
    prepare: (trial) => stopAt(trial, "build"),
    check: updatesAllTheSame,
  },
  {
    name: "4 KiB zeroed in a new version, before the switch",
    phase: "switch",
    hits: "versions/3",
    prepare: (trial) => stopAt(trial, "switch"),
    check: updatesAllTheSame,
  },
  {
    name: "4 KiB zeroed in the version in use, after the switch",
    phase: "confirm",
    hits: "versions/2/tree",
    prepare: (trial) => trial.disk.restore("rollback"),
    check: verifyNames,
  },
  {
    name: "4 KiB zeroed in the previous version, before a rollback",
    phase: "rollback",
    hits: "versions/1/tree",
    prepare: (trial) => trial.disk.restore("rollback"),
    check: refusesRollback,
  },
];

/** Hits so many blocks, one at a time. Resolves to what was violated. */
export async function sweepRot(
  lane: Lane,
  kind: DiskKind,
  rot: Rot,
  points: number,
  tell: Tell,
): Promise<string[]> {
  const fault = { name: rot.name, kind: "none" } as const;
  const trial = await trialOf(lane, { disk: kind, action: "update", fault });
  const random = seededRandom(points);
  const violations: string[] = [];
  for (let point = 0; point < points; point++) {
    await rot.prepare(trial);
    const path = zeroBlock(join(trial.disk.root, rot.hits), random);
    const found = await rot
      .check(trial, path)
      .catch((error: Error) => [`it ended with ${error.message}`]);
    violations.push(...found.map((what) => `${rot.hits}/${path}: ${what}`));
    tell(
      kind,
      { ...fault, name: "4 KiB zeroed" },
      { phase: rot.phase, isOver: false, violations: found },
    );
  }
  return violations;
}

/** The new version is in use and whole; what it does not need may stay damaged. */
async function updatesAllTheSame({ ground, disk, action }: Trial): Promise<string[]> {
  const before = readBefore(disk.root);
  await ground.library.act(action, disk.root, ground.scene.repository, () => {}, false);
  const release = readFileSync(join(ground.scene.repository, "releases/3.json"), "utf8");
  const isNeeded = (what: string) =>
    what !== "versions/2 is not whole" &&
    (!what.startsWith("blobs/") || release.includes(what.slice(6, 70)));
  return findViolations(disk.root, ground.scene, ACTIONS[action], before, true).filter(isNeeded);
}

async function verifyNames({ ground, disk }: Trial, path: string): Promise<string[]> {
  const named = await ground.library.findDamage(disk.root, 2);
  return named.length === 1 && named[0] === path ? [] : [`verify names ${JSON.stringify(named)}`];
}

async function refusesRollback({ ground, disk }: Trial): Promise<string[]> {
  const said = await ground.library
    .act("rollback", disk.root, ground.scene.repository, () => {}, false)
    .catch((error: Error & { code?: string }) => error.code);
  const current = readCurrent(disk.root);
  return [
    ...(said === "snapshot-damaged" ? [] : [`the rollback ended with ${said ?? "success"}`]),
    ...(current === 2 ? [] : [`version ${current} is in use`]),
  ];
}

/** An update that ended where a phase begins. */
async function stopAt({ ground, disk, action }: Trial, phase: string): Promise<void> {
  await disk.restore(action);
  await ground.library.actUntil(action, disk.root, ground.scene.repository, phase);
}

/**
 * Zeros a block, chosen by chance, of a file below `folder` that has something else in it. Returns
 * the file's path.
 */
function zeroBlock(folder: string, random: () => number): string {
  for (const blocks = listBlocks(folder, ""); ; ) {
    const { path, offset, bytes } =
      blocks[Math.floor(random() * blocks.length)] ?? blocks[0] ?? noFile(folder);
    const fd = openSync(join(folder, path), "r+");
    try {
      const block = Buffer.alloc(bytes);
      readSync(fd, block, 0, bytes, offset);
      if (block.every((byte) => byte === 0)) continue;
      writeSync(fd, Buffer.alloc(bytes), 0, bytes, offset);
      return path;
    } finally {
      closeSync(fd);
    }
  }
}

interface Block {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

function listBlocks(folder: string, below: string): Block[] {
  return readdirSync(join(folder, below)).flatMap((name): Block[] => {
    const path = join(below, name);
    const stats = lstatSync(join(folder, path));
    if (stats.isDirectory()) return listBlocks(folder, path);
    if (!stats.isFile()) return [];
    return Array.from({ length: Math.ceil(stats.size / BLOCK_BYTES) }, (_, index) => {
      const offset = index * BLOCK_BYTES;
      return { path, offset, bytes: Math.min(BLOCK_BYTES, stats.size - offset) };
    });
  });
}

function noFile(folder: string): never {
  throw new Error(`${folder} has no file with bytes in it`);
}
