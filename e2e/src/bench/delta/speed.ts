/** How fast and how large codec and page are, at each level, on one pair. */
import { randomFillSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Level } from "@infield/shared/delta";
import { tempFolder } from "../../harness/temp.ts";
import { commandOf } from "../../harness/typescript.ts";
import type { DecoderFigures } from "../codec/decode.ts";
import type { EncoderFigures } from "../codec/encode.ts";
import type { Ground } from "../contest/contender.ts";
import { namesOf } from "../contest/ground.ts";
import { Meter } from "../contest/meter.ts";
import { timeThePage } from "../page/time-the-page.ts";
import { findMissing } from "../peers/installed.ts";
import { HDIFFPATCH, hdiffz } from "../peers/on-tars.ts";

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

const ENCODE = commandOf(new URL("../codec/encode.ts", import.meta.url));
const DECODE = commandOf(new URL("../codec/decode.ts", import.meta.url));
/** Bytes of the tree of which one byte changes: one group. */
const COPIED_BYTES = 30_000_000;

export async function measureSpeed(ground: Ground, levels: readonly Level[]): Promise<Speed[]> {
  const folder = tempFolder("speed");
  const meter = () => new Meter(folder, namesOf(ground));
  const nearlyEqual = writeNearlyEqual(folder);
  const speeds: Speed[] = [];
  for (const level of levels) {
    const delta = join(folder, `${level}.delta`);
    const run = <T>(program: readonly [string, ...string[]], ...args: string[]): T =>
      JSON.parse(meter().run(...program, ...args)) as T;
    const encoder = run<EncoderFigures>(ENCODE, ground.old, ground.next, level, delta);
    const decoder = run<DecoderFigures>(DECODE, ground.old, delta);
    run<EncoderFigures>(ENCODE, nearlyEqual.old, nearlyEqual.next, level, delta);
    const copying = run<DecoderFigures>(DECODE, nearlyEqual.old, delta);
    const native = timeHDiffPatch(ground, meter(), join(folder, `${level}.hdiffpatch`));
    const pageSeconds = await timeThePage({ old: ground.old, next: ground.next, level });
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
