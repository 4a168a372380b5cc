/**
 * From "there is release n on the web" to "n is installed here": check → fetch → install, like from
 * a neighbour, and believed as little.
 */
import { InfieldError } from "@infield/shared/base";
import type { HttpRepository } from "../http/http-repository.ts";
import type { SelfRepair } from "../scrub/self-repair.ts";
import { takeBlob, takeRecords } from "../update/take-records.ts";
import { updateTo } from "../update/update.ts";
import { repairBaseAndRetry } from "../updates/install-release.ts";

interface Newest extends SelfRepair {
  readonly repository: HttpRepository;
  wants(version: number): boolean;
  /** A piece of a blob has come. */
  onPiece(): void;
  readonly signal: AbortSignal;
}

/**
 * Resolves to the version. Throws AbortError, and what `takeRecords`, `takeBlob` and `updateTo`
 * throw.
 */
export async function takeNewest(newest: Newest): Promise<number> {
  const { root, keeper, status, repository, signal } = newest;
  const { channel, releases, leftOut } = await takeRecords(repository, root, keeper);
  const target = releases.at(-1)?.record.version ?? 0;
  if (!newest.wants(target)) throw leftOut.at(-1)?.error ?? gone();
  const take = () =>
    updateTo(root, channel, releases, target, {
      signal,
      onStep: (step) => status.set(step),
      fetchBlob(blob, onProgress, abort) {
        const show = (doneBytes: number) => {
          newest.onPiece();
          onProgress(doneBytes);
        };
        return takeBlob(repository, root, blob, show, abort);
      },
    });
  await repairBaseAndRetry(newest, [], signal, take);
  return target;
}

/** Between two answers somebody put an older copy there. */
function gone(): InfieldError {
  return new InfieldError(
    "unknown-release",
    "the server names a release that it does not have",
    "copy the repository to it again",
  );
}
