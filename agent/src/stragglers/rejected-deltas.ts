/**
 * Deltas that nobody signed and that turned out wrong, and who named them. There is always a signed
 * route left, so a liar is worth no second try: neither the same claim from another, nor another
 * claim from the same. What is rejected is a claim, with all that it says of a delta: whoever says
 * something wrong of a right one must not take it away from others (docs/protocol.md, rule 8.7).
 */
import type { BlobRecord } from "@infield/shared/records";

export interface RejectedDeltas {
  /** True when this claim is not worth a try: it was rejected, or its source, or enough others. */
  has(to: number, claim: BlobRecord, source: string): boolean;
  /** True when nothing more is to be asked of `source`, or of anybody for this version. */
  hasSource(to: number, source: string): boolean;
  /** Without a claim: what it named may still be right, though it did not give it. */
  add(to: number, source: string, claim?: BlobRecord): void;
}

/**
 * Wrong deltas to one version, whoever named them: each costs no more than the signed route would
 * have, and that is the end of it.
 */
const MAX_WRONG = 3;
/** Claims and sources remembered: those of some releases. Beyond it the oldest is forgotten. */
const MAX_KEPT = 64;

export function createRejectedDeltas(): RejectedDeltas {
  const claims = new Set<string>();
  const sources = new Set<string>();
  /** How many were wrong, of the version that was asked for last. */
  const wrong = new Map<number, number>();

  const hasSource = (to: number, source: string) =>
    sources.has(source) || (wrong.get(to) ?? 0) >= MAX_WRONG;
  return {
    hasSource,
    has: (to, claim, source) => hasSource(to, source) || claims.has(textOf(claim)),
    add(to, source, claim) {
      if (claim) remember(claims, textOf(claim));
      remember(sources, source);
      const count = (wrong.get(to) ?? 0) + 1;
      wrong.clear();
      wrong.set(to, count);
    },
  };
}

function remember(names: Set<string>, name: string): void {
  names.add(name);
  const oldest = names.values().next().value;
  if (names.size > MAX_KEPT && oldest !== undefined) names.delete(oldest);
}

function textOf(claim: BlobRecord): string {
  const { root, from, base, bytes, decoderBytes, writtenBytes, writtenEntries } = claim;
  return [root, from, base, bytes, decoderBytes, writtenBytes, writtenEntries].join(" ");
}
