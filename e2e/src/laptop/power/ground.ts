/** What all cuts share, made once a run: kernel, store, releases, and the machine that waits. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import type * as Library from "../../faults/scene/actions.ts";
import { bundle } from "../../faults/victim/bundle.ts";
import { makeTemplate } from "./cut-machine.ts";
import { type Cutting, DISK_BYTES } from "./cuts.ts";
import { fetchKernel, type Kernel, makeInitramfs } from "./initramfs.ts";
import { VolatileDisk } from "./volatile-disk.ts";

const DRIVER = fileURLToPath(new URL("driver.ts", import.meta.url));

export interface Ground {
  readonly folder: string;
  readonly kernel: Kernel;
  /** The store as it is. */
  readonly sound: Cutting;
}

export async function preparePower(folder: string): Promise<Ground> {
  mkdirSync(folder, { recursive: true });
  const kernel = fetchKernel(join(folder, "kernel"));
  const program = join(folder, "program");
  await bundle(program);
  const library = (await import(pathToFileURL(join(program, "actions.js")).href)) as typeof Library;
  const scene = await library.makeScene(join(folder, "scene"));
  const sound = await withStore({ folder: join(folder, "sound"), scene, library }, kernel);
  return { folder, kernel, sound };
}

/** The same releases, and a machine whose store has a mistake in it. */
export function plantMistake(ground: Ground, name: string, mistake: Plugin): Promise<Cutting> {
  const { scene, library } = ground.sound;
  return withStore({ folder: join(ground.folder, name), scene, library }, ground.kernel, mistake);
}

async function withStore(
  cutting: Omit<Cutting, "template">,
  kernel: Kernel,
  mistake?: Plugin,
): Promise<Cutting> {
  const { folder, scene } = cutting;
  const program = join(folder, "vm");
  mkdirSync(folder, { recursive: true });
  await bundle(program, mistake);
  await build({
    ...{ entryPoints: { driver: DRIVER }, outdir: program, bundle: true },
    ...{ platform: "node", format: "esm", target: "node20", logLevel: "warning" },
    plugins: mistake ? [mistake] : [],
  });
  const parts = { "": program, scene: scene.folder };
  const initramfs = makeInitramfs(kernel, parts);
  execFileSync("rm", ["-r", program]);
  const blank = new VolatileDisk(Buffer.alloc(DISK_BYTES));
  return { ...cutting, template: await makeTemplate(folder, kernel, initramfs, blank) };
}
