/**
 * Deltas that nobody signed and that turned out wrong, and who named them. What is signed is always left, so whoever lies is worth no second
 * try: neither the same delta from another, nor another delta from the same.
 */
export interface Distrust {
  /** True when nothing that `source` names, or no delta of this name, or none to this version is worth a try. */
  has(to: number, root: string, source: string): boolean;
  /** Nothing more is asked of `source`, or by anybody to this version. */
  hasSource(to: number, source: string): boolean;
  note(to: number, root: string, source: string): void;
}

/** Wrong deltas to one version, whoever named them: each costs no more than the signed way would have, and that is the end of it. */
const MAX_WRONG = 3;
/** Names remembered: of some releases' wrong deltas and of those who named them. The oldest is forgotten. */
const MAX_KEPT = 64;

export function createDistrust(): Distrust {
  const roots = new Set<string>();
  const sources = new Set<string>();
  const wrong = new Map<number, number>();

  const hasSource = (to: number, source: string) => sources.has(source) || (wrong.get(to) ?? 0) >= MAX_WRONG;
  return {
    hasSource,
    has: (to, root, source) => hasSource(to, source) || roots.has(root),
    note(to, root, source) {
      remember(roots, root);
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
