/**
 * Mistakes planted on purpose: a suite that does not find these would find nothing. The program's
 * own source stays as it is.
 */
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { bundle, wrapModule } from "../victim/bundle.ts";
import type { Lane } from "../victim/lane.ts";
import { AT_THE_END, tryPoint } from "./point.ts";
import { type Sweep, type Tell, trialOf } from "./sweeps.ts";

export interface Mistake {
  readonly name: string;
  /** Where it must show. */
  readonly sweep: Sweep;
  /** The first call to try; the sweep ends with the first violation. */
  readonly from: number;
  readonly plugin?: Plugin;
  readonly pretend?: "files" | "dirs";
}

const SWITCH_FIRST = `
  export * from "original";
  import { buildSnapshot as build } from "original";
  import { layoutOf } from "../root/layout.ts";
  import { swapCurrent } from "../root/switch.ts";
  export async function buildSnapshot(root, release, blob, options) {
    await swapCurrent(layoutOf(root.path), release.record.version);
    return build(root, release, blob, options);
  }`;

const WRITE_IN_PLACE = `
  export * from "original";
  import { syncPath } from "original";
  import { open } from "node:fs/promises";
  import { dirname } from "node:path";
  export async function replaceFile(path, content, mode = 0o644) {
    const handle = await open(path, "w", mode);
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    await syncPath(dirname(path));
  }`;

export const MISTAKES: readonly Mistake[] = [
  {
    name: "no fsync",
    sweep: {
      disk: "ext4",
      action: "update",
      fault: { name: "power cut, journal flushed", kind: "cut-journal" },
    },
    from: AT_THE_END,
    pretend: "files",
  },
  {
    name: "switch before build",
    sweep: { disk: "memory", action: "install", fault: { name: "kill -9", kind: "kill" } },
    // In the middle of the build.
    from: 60,
    plugin: wrapModule("store/write/build.ts", SWITCH_FIRST),
  },
  {
    name: "state written in place",
    sweep: { disk: "memory", action: "rollback", fault: { name: "kill -9", kind: "kill" } },
    from: 1,
    plugin: wrapModule("host/durable.ts", WRITE_IN_PLACE),
  },
  {
    name: "no directory fsync",
    sweep: {
      disk: "ext4",
      action: "rollback",
      fault: { name: "power cut, nothing flushed", kind: "cut" },
    },
    from: AT_THE_END,
    pretend: "dirs",
  },
];

/**
 * Sweeps a store with the mistake in it until something is violated; nothing in the end means that
 * it was not caught.
 */
export async function catchMistake(lane: Lane, mistake: Mistake, tell: Tell): Promise<string[]> {
  const { sweep, plugin, pretend } = mistake;
  const program = join(lane.ground.folder, mistake.name.replaceAll(" ", "-"));
  await bundle(program, plugin);
  const trial = { ...(await trialOf(lane, sweep)), program, ...(pretend && { pretend }) };
  for (let at = mistake.from; ; at++) {
    const point = await tryPoint(trial, at);
    if (point.fault !== undefined)
      tell(sweep.disk, { ...sweep.fault, name: "planted mistakes" }, point);
    if (point.violations.length > 0) return [];
    if (point.isOver) return [`the planted mistake, ${mistake.name}, was not caught`];
  }
}
