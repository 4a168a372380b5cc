/**
 * A version built once more in staging/, from the deltas that lead to it: the last resort for bytes
 * that no snapshot has. It is only begun when something is asked of it, and everything in it is
 * proven before anything is taken from it.
 */
import { InfieldError, isAbort } from "@infield/shared/base";
import { type BlobRecord, findRoute, type Release, type Step } from "@infield/shared/records";
import { checkRouteSpace } from "../prune/route-space.ts";
import { layoutOf, type SnapshotLayout, snapshotOf } from "../root/layout.ts";
import type { WritableRoot } from "../root/root.ts";
import { type ContentSource, snapshotContents } from "../snapshot/content.ts";
import { stageSnapshot } from "../write/build.ts";
import { checkBlob } from "../write/incoming.ts";

export interface RebuildOptions {
  readonly version: number;
  /** Installed versions that are sound, to start from; nothing is always one. */
  readonly bases: readonly number[];
  readonly releases: readonly Release[];
  /** Brings a blob into the root's repository. */
  fetchBlob(blob: BlobRecord, signal?: AbortSignal): Promise<void>;
  onProgress?(doneBytes: number, totalBytes: number): void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Throws nothing but AbortError when asked: what cannot be rebuilt has no ways, and `problem` says
 * why.
 */
export function rebuiltContents(
  root: WritableRoot,
  options: RebuildOptions,
): ContentSource & { problem(): InfieldError | undefined } {
  let building: Promise<ContentSource | undefined> | undefined;
  let problem: InfieldError | undefined;

  async function build(): Promise<ContentSource | undefined> {
    for (const route of findRoutes(options)) {
      try {
        return await snapshotContents([await stageRoute(root, route, options)]);
      } catch (error) {
        if (isAbort(error) || !(error instanceof InfieldError)) throw error;
        problem = error;
      }
    }
    return undefined;
  }
  return {
    async waysTo(wanted) {
      building ??= build();
      return (await (await building)?.waysTo(wanted)) ?? [];
    },
    problem: () => problem,
  };
}

/** Every way there, the one with the fewest bytes first. */
function findRoutes({ version, bases, releases }: RebuildOptions): Step[][] {
  const records = releases.map(({ record }) => record);
  const bytesOf = (route: readonly Step[]) => route.reduce((sum, { blob }) => sum + blob.bytes, 0);
  return [...bases, 0]
    .filter((base) => base < version)
    .flatMap((base) => {
      try {
        return [findRoute(records, base, version)];
      } catch {
        return [];
      }
    })
    .sort((a, b) => bytesOf(a) - bytesOf(b));
}

/** The snapshot at the end of a route, in staging/; those on the way lie there too. */
async function stageRoute(
  root: WritableRoot,
  route: readonly Step[],
  options: RebuildOptions,
): Promise<SnapshotLayout> {
  const { releases, fetchBlob, onProgress = () => {}, signal } = options;
  await checkRouteSpace(root, route, []);
  for (const { blob } of route) if (!(await checkBlob(root, blob))) await fetchBlob(blob, signal);
  let snapshot = snapshotOf(layoutOf(root.path), route[0]?.blob.from ?? 0);
  for (const { release, blob } of route) {
    const file = releases.find(({ record }) => record === release)?.file;
    if (file === undefined) continue;
    snapshot = await stageSnapshot(root, { file, record: release }, blob, snapshot, {
      onProgress,
      signal,
    });
  }
  return snapshot;
}
