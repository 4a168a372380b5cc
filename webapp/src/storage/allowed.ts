/**
 * The releases of a repository that its channel allows now: keys are taken out, floors rise, sticks
 * wear out.
 */
import { InfieldError } from "@infield/shared/base";
import {
  type Channel,
  type ReleaseFile,
  type ReleaseRecord,
  type RepositoryReader,
  readRelease,
} from "@infield/shared/records";

export interface KeptRelease {
  readonly file: ReleaseFile;
  readonly record: ReleaseRecord;
}

/**
 * What says nothing about a release: the storage, or a file that was exchanged while it was read.
 */
const NO_VERDICT = ["io-failed", "unreadable-file"];

/**
 * Releases that verify, by version, and the versions of those that do not. Throws `io-failed`,
 * `unreadable-file`.
 */
export async function readAllowed(
  repository: RepositoryReader,
  channel: Channel,
): Promise<{ releases: KeptRelease[]; left: number[] }> {
  const releases: KeptRelease[] = [];
  const left: number[] = [];
  for (const version of (await repository.versions()).sort((a, b) => a - b)) {
    try {
      releases.push(await readRelease(repository, channel, version));
    } catch (error) {
      if (!(error instanceof InfieldError) || NO_VERDICT.includes(error.code)) throw error;
      left.push(version);
    }
  }
  return { releases, left };
}
