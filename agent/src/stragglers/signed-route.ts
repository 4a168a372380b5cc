/**
 * The signed route: the deltas that the volunteer made, and their bytes. A delta that is made later
 * has to be better than that.
 */
import { canReach, findRoute, type ReleaseRecord, type Step } from "@infield/shared/records";

export interface SignedRoute {
  readonly steps: readonly Step[];
  readonly bytes: number;
}

/**
 * A signed route of fewer bytes and deltas is taken at once: asking, waiting and making would cost
 * more than they save.
 */
const WORTH_MAKING_BYTES = 256 * 1024;
/**
 * Each delta is a version to be built and made durable, which takes a slow laptop seconds, however
 * few its bytes are.
 */
const WORTH_MAKING_DELTAS = 8;
/**
 * What a delta from nothing may have beyond the bytes of its files: names, modes, and what does not
 * compress.
 */
const FULL_SLACK = 1.05;
const FULL_SLACK_BYTES = 4 * 1024 * 1024;

/** The signed route that an update from version `current` takes; the full install comes last. */
export function findSignedRoute(
  records: readonly ReleaseRecord[],
  current: number,
  to: number,
): SignedRoute | undefined {
  const from = [current, 0].find((version) => canReach(records, version, to));
  if (from === undefined) return undefined;
  const steps = findRoute(records, from, to);
  return { steps, bytes: steps.reduce((sum, { blob }) => sum + blob.bytes, 0) };
}

/**
 * True where a delta straight from version `current` may save enough bytes, or is the only route.
 */
export function isWorthMaking(signed: SignedRoute | undefined, current: number): boolean {
  if (signed === undefined) return true;
  const isStraight = signed.steps.length === 1 && signed.steps[0]?.blob.from === current;
  const isLong = signed.bytes >= WORTH_MAKING_BYTES || signed.steps.length >= WORTH_MAKING_DELTAS;
  return current !== 0 && !isStraight && isLong;
}

/** The most bytes that an honest delta to this release can have. */
export function mostBytes({ treeBytes }: ReleaseRecord): number {
  return treeBytes * FULL_SLACK + FULL_SLACK_BYTES;
}
