/** Levels: what a smaller delta costs. One table, which the command line and the page both read from. */

/** From quick and larger to slow and small. The codec knows the same three. */
export const LEVEL_NAMES = ["fast", "default", "best"] as const;
export type Level = (typeof LEVEL_NAMES)[number];

export const DEFAULT_LEVEL: Level = "default";

export interface LevelCosts {
  readonly level: Level;
  /** For whoever has to choose, without a capital and a full stop: the time to make it; what comes out. */
  readonly words: string;
  /** Bytes of memory that a laptop needs at most to apply such a delta, all of its decoder counted. */
  readonly decoderBytes: number;
}

const MiB = 1024 * 1024;

export const LEVELS: readonly LevelCosts[] = [
  {
    level: "fast",
    words: "made in the shortest time; the largest delta of the three",
    decoderBytes: 16 * MiB,
  },
  {
    level: "default",
    words: "takes a few times as long; much smaller, and right for most classrooms",
    decoderBytes: 64 * MiB,
  },
  {
    level: "best",
    words: "takes the longest; the smallest delta, for lines where every byte costs",
    decoderBytes: 256 * MiB,
  },
];
