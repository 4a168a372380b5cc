/**
 * Deltas that nobody signed and that turned out wrong, and who named them. What is signed is always
 * left, so whoever lies is worth no second try: neither the same claim from another, nor another
 * from the same. A claim is all that was said of a delta: who says something wrong of a right one
 * must not take it away from others.
 */
import type { BlobRecord } from "@infield/shared/records";

export interface RejectedDeltas {
  /**
   * True when nothing that `source` names, or no such delta, or none to this version is worth a
   * try.
   */
  has(to: number, claim: BlobRecord, source: string): boolean;
  /** Nothing more is asked of `source`, or by anybody to this version. */
  hasSource(to: number, source: string): boolean;
  /** Without a claim: what it named may still be right, though it did not give it. */
  note(to: number, source: string, claim?: BlobRecord): void;
}

/**
 * Wrong deltas to one version, whoever named them: each costs no more than the signed way would
 * have, and that is the end of it.
 */
const MAX_WRONG = 3;
/** Remembered: some releases' wrong claims, and those who made them. The oldest is forgotten. */
const MAX_KEPT = 64;

export function createRejectedDeltas(): RejectedDeltas {
  const claims = new Set<string>();
  const sources = new Set<string>();
  const wrong = new Map<number, number>();

  const hasSource = (to: number, source: string) =>
    sources.has(source) || (wrong.get(to) ?? 0) >= MAX_WRONG;
  return {
    hasSource,
    has: (to, claim, source) => hasSource(to, source) || claims.has(textOf(claim)),
    note(to, source, claim) {
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

function textOf({
  root,
  from,
  base,
  bytes,
  decoderBytes,
  writtenBytes,
  writtenEntries,
}: BlobRecord): string {
  return [root, from, base, bytes, decoderBytes, writtenBytes, writtenEntries].join(" ");
}
