/**
 * Levels: what a smaller delta costs. One table, which the command line and the page both read
 * from. Its times are ratios measured on changed programs; its memory is that of the codec for
 * groups of `PLANNED_GROUP_BYTES`.
 */
import { SMALL_DECODER_BYTES } from "../base/limits.ts";

/** From quick and larger to slow and small. The codec knows the same three. */
export const LEVEL_NAMES = ["fast", "default", "best"] as const;
export type Level = (typeof LEVEL_NAMES)[number];

export const DEFAULT_LEVEL: Level = "default";

export interface LevelCosts {
  readonly level: Level;
  /**
   * For whoever has to choose, without a capital and a full stop: the time to make and to install
   * it; what comes out.
   */
  readonly description: string;
  /**
   * Bytes that all of a decoder takes at most: what the headers of such deltas state, and the 3 MiB
   * of code, stack and buffers that they do not count.
   */
  readonly decoderBytes: number;
}

const MiB = 1024 * 1024;

export const LEVELS: readonly LevelCosts[] = [
  {
    level: "fast",
    description: "quickest to make and install; the largest of the three",
    // Dictionaries 17 MiB, unpacked archives 16 MiB, references, segments, 3 MiB beside.
    decoderBytes: 40 * MiB,
  },
  {
    level: "default",
    description: "takes up to twice as long to make and 6 times as long to install; much smaller",
    // Models 17 MiB in place of dictionaries.
    decoderBytes: SMALL_DECODER_BYTES,
  },
  {
    level: "best",
    description: "takes a little longer still; the smallest, for laptops with enough memory",
    // Models 105 MiB.
    decoderBytes: 144 * MiB,
  },
];
