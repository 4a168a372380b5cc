/**
 * What a delta that is made later is held against: the way that the volunteer's own deltas lead,
 * and its bytes.
 */
import { canReach, findRoute, type ReleaseRecord, type Step } from "@infield/shared/records";

export interface SignedRoute {
  readonly steps: readonly Step[];
  readonly bytes: number;
}

/**
 * A signed way of fewer bytes and deltas is taken at once: asking, waiting and making would cost
 * more than it saves.
 */
const WORTH_MAKING_BYTES = 256 * 1024;
/**
 * Each of them is a version to be built and made durable, which takes a slow laptop seconds,
 * however few its bytes are.
 */
const WORTH_MAKING_DELTAS = 8;
/**
 * What a delta from nothing may have beyond the bytes of its files: names, modes, and what does not
 * compress.
 */
const FULL_SLACK = 1.05;
const FULL_SLACK_BYTES = 4 * 1024 * 1024;

/** The signed way that an update from version `current` takes; the full install comes last. */
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
 * True where a delta straight from version `current` may save bytes that are worth it, or is the
 * only way.
 */
export function isWorthMaking(signed: SignedRoute | undefined, current: number): boolean {
  if (signed === undefined) return true;
  const isStraight = signed.steps.length === 1 && signed.steps[0]?.blob.from === current;
  const isLong = signed.bytes >= WORTH_MAKING_BYTES || signed.steps.length >= WORTH_MAKING_DELTAS;
  return current !== 0 && !isStraight && isLong;
}

/** Bytes of a delta to this release that nobody honest exceeds. */
export function mostBytes({ treeBytes }: ReleaseRecord): number {
  return treeBytes * FULL_SLACK + FULL_SLACK_BYTES;
}
