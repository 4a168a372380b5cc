/** Levels: what a smaller delta costs. One table, which the command line and the page both read from. */

/** From quick and larger to slow and small. The codec knows the same three. */
export const LEVEL_NAMES = ["fast", "default", "best"] as const;
export type Level = (typeof LEVEL_NAMES)[number];

export const DEFAULT_LEVEL: Level = "default";

export interface LevelCosts {
  readonly level: Level;
  /** One half sentence for whoever has to choose: time to make it, and what comes out. */
  readonly words: string;
  /** Bytes of memory that a laptop needs at most to apply such a delta, all of its decoder counted. */
  readonly decoderBytes: number;
}

const MiB = 1024 * 1024;

export const LEVELS: readonly LevelCosts[] = [
  { level: "fast", words: "made in the shortest time, and larger", decoderBytes: 16 * MiB },
  { level: "default", words: "takes a few times as long, and is much smaller", decoderBytes: 64 * MiB },
  { level: "best", words: "takes longest, and is the smallest there is", decoderBytes: 256 * MiB },
];
