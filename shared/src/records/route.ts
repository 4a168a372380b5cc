/**
 * Routes: which deltas, one after another, lead from what is installed to a release, with the
 * fewest bytes.
 */
import { InfieldError } from "../base/errors.ts";
import type { BlobRecord, ReleaseRecord } from "./release.ts";

/** One delta to apply: it leads from `blob.from` to `release.version`. */
export interface Step {
  readonly release: ReleaseRecord;
  readonly blob: BlobRecord;
}

/**
 * The cheapest route from version `from` (0: nothing installed) to `to` over the deltas of these
 * releases, of which a direct delta and a chain are both cases. Empty when `from` is `to`. Throws
 * `no-path`. Versions only ever go up, so one pass in order of version finds it.
 */
export function findRoute(releases: readonly ReleaseRecord[], from: number, to: number): Step[] {
  const best = new Map<number, { bytes: number; steps: Step[] }>([[from, { bytes: 0, steps: [] }]]);
  for (const release of [...releases].sort((a, b) => a.version - b.version)) {
    for (const blob of release.blobs) {
      const start = best.get(blob.from);
      if (start === undefined || blob.from >= release.version) continue;
      const bytes = start.bytes + blob.bytes;
      if (bytes >= (best.get(release.version)?.bytes ?? Number.POSITIVE_INFINITY)) continue;
      best.set(release.version, { bytes, steps: [...start.steps, { release, blob }] });
    }
  }
  const route = best.get(to);
  if (route === undefined) {
    throw new InfieldError(
      "no-path",
      `no delta leads from version ${from} to ${to}`,
      "ask the volunteer for a full install of it, or a delta from this version",
    );
  }
  return route.steps;
}

/** True when `findRoute` finds one. */
export function canReach(releases: readonly ReleaseRecord[], from: number, to: number): boolean {
  try {
    findRoute(releases, from, to);
    return true;
  } catch (error) {
    if (error instanceof InfieldError && error.code === "no-path") return false;
    throw error;
  }
}
