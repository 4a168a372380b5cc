/** Deltas: which bytes travel, what they are matched with, and how a delta is made. */
export { type Change, type ChangeKind, type Comparison, compareTrees } from "./compare.ts";
export { createDelta, type Delta } from "./create.ts";
export {
  countWorkers,
  type DeltaEncoder,
  type EncodedGroup,
  type EncodedHeader,
  type GroupSide,
  type HeaderPlan,
} from "./encoder.ts";
export type { Span } from "./groups.ts";
export { DEFAULT_LEVEL, LEVEL_NAMES, LEVELS, type Level } from "./levels.ts";
export { carriedNumber, completeManifest, parseSkeleton, type Skeleton } from "./skeleton.ts";
export { findUnchanged, type UnchangedFile } from "./unchanged.ts";
