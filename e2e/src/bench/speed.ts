/** How fast and how large codec and page are, at each level, on one pair. */
import { randomFillSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Level } from "@infield/shared/delta";
import { tempFolder } from "../temp.ts";
import type { Ground } from "./contender.ts";
import type { DecoderFigures } from "./decode.ts";
import type { EncoderFigures } from "./encode.ts";
import { namesOf } from "./ground.ts";
import { Meter } from "./meter.ts";
import { findMissing } from "./peers/installed.ts";
import { HDIFFPATCH, hdiffz } from "./peers/on-tars.ts";
import { timeThePage } from "./time-the-page.ts";

export interface Speed {
  readonly level: Level;
  readonly decoder: DecoderFigures;
  /** The decoder on a tree of which one byte changed. */
  readonly copying: DecoderFigures;
  /** One worker's codec, in Node. */
  readonly encoder: EncoderFigures;
  /** From the press of the button to the delta, in a real browser with two workers. */
  readonly pageSeconds: number;
  /** Native HDiffPatch on the same pair, right before. */
  readonly hdiffpatchSeconds?: number;
}

/** So that Node runs TypeScript, from whatever folder. */
const TSX = import.meta.resolve("tsx");
/** Bytes of the tree of which one byte changes: one group. */
const COPIED_BYTES = 30_000_000;

export async function measureSpeed(ground: Ground, levels: readonly Level[]): Promise<Speed[]> {
  const folder = tempFolder("speed");
  const meter = () => new Meter(folder, namesOf(ground));
  const nearlyEqual = writeNearlyEqual(folder);
  const speeds: Speed[] = [];
  for (const level of levels) {
    const delta = join(folder, `${level}.delta`);
    const run = <T>(script: string, ...args: string[]): T =>
      JSON.parse(meter().run(process.execPath, "--import", TSX, pathOf(script), ...args)) as T;
    const encoder = run<EncoderFigures>("encode.ts", ground.old, ground.next, level, delta);
    const decoder = run<DecoderFigures>("decode.ts", ground.old, delta);
    run<EncoderFigures>("encode.ts", nearlyEqual.old, nearlyEqual.next, level, delta);
    const copying = run<DecoderFigures>("decode.ts", nearlyEqual.old, delta);
    const native = timeHDiffPatch(ground, meter(), join(folder, `${level}.hdiffpatch`));
    const pageSeconds = await timeThePage(ground.old, ground.next, level);
    speeds.push({
      level,
      decoder,
      copying,
      encoder,
      pageSeconds,
      ...(native !== undefined && { hdiffpatchSeconds: native }),
    });
  }
  return speeds;
}

function timeHDiffPatch(
  { oldTar, nextTar }: Ground,
  meter: Meter,
  delta: string,
): number | undefined {
  if (findMissing(HDIFFPATCH.programs) !== undefined) return undefined;
  meter.run(...hdiffz("-m-1", oldTar, nextTar, delta));
  return meter.cost.seconds;
}

/** Two trees of one file that does not compress, of which one byte in the middle differs. */
function writeNearlyEqual(folder: string): { old: string; next: string } {
  const bytes = randomFillSync(Buffer.alloc(COPIED_BYTES));
  const write = (name: string) => {
    const tree = join(folder, name);
    mkdirSync(tree);
    writeFileSync(join(tree, "file"), bytes);
    return tree;
  };
  const old = write("old");
  bytes[COPIED_BYTES / 2] = 255 - (bytes[COPIED_BYTES / 2] ?? 0);
  return { old, next: write("new") };
}

function pathOf(script: string): string {
  return fileURLToPath(new URL(script, import.meta.url));
}
