/**
 * What the checks of one lane share: releases, programs, and disks of its own with roots that stand
 * where actions begin.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Library from "../scene/actions.ts";
import { ACTIONS, type ActionName } from "../scene/actions.ts";
import type { Scene } from "../scene/scene.ts";
import { bundle } from "./bundle.ts";
import { copyFolder, type Disk, type DiskKind, makeDisk } from "./disks.ts";
import { compileShim } from "./victim.ts";

export interface Ground {
  readonly folder: string;
  readonly scene: Scene;
  readonly shim: string;
  /** The folder of the program under test. */
  readonly program: string;
  /** The same store in this process, for preparing and checking. */
  readonly library: typeof Library;
  /** Disks from which a laptop was seen to go on rightly, by fingerprint. */
  readonly sound: Set<string>;
}

/** Compiles, bundles, makes the releases and the roots, once a run. */
export async function prepareGround(folder: string): Promise<Ground> {
  const shim = compileShim(folder);
  const program = join(folder, "program");
  await bundle(program);
  const library = (await import(pathToFileURL(join(program, "actions.js")).href)) as typeof Library;
  const scene = await library.makeScene(join(folder, "scene"));
  for (const name of NAMES) {
    await mkdir(rootOf(folder, name), { recursive: true });
    await library.prepare(name, rootOf(folder, name), scene.repository);
  }
  return { folder, scene, shim, program, library, sound: new Set() };
}

export class Lane {
  readonly ground: Ground;
  readonly #folder: string;
  readonly #disks = new Map<DiskKind, Promise<Disk>>();

  constructor(ground: Ground, name: string) {
    this.ground = ground;
    this.#folder = join(ground.folder, name);
  }

  /** A disk on which a root for each action is kept under the action's name. */
  disk(kind: DiskKind): Promise<Disk> {
    const disk = this.#disks.get(kind) ?? this.#prepareDisk(kind);
    this.#disks.set(kind, disk);
    return disk;
  }

  async close(): Promise<void> {
    for (const disk of this.#disks.values()) await (await disk).close();
  }

  async #prepareDisk(kind: DiskKind): Promise<Disk> {
    const disk = await makeDisk(kind, join(this.#folder, kind));
    for (const name of NAMES) {
      await disk.clear();
      await copyFolder(rootOf(this.ground.folder, name), disk.root);
      await disk.keep(name);
    }
    return disk;
  }
}

const NAMES = Object.keys(ACTIONS) as ActionName[];

function rootOf(folder: string, name: ActionName): string {
  return join(folder, "roots", name);
}
