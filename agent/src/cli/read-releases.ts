/** The releases of a repository that its channel allows; one bad file must not keep a laptop from the good ones. */
import { type Channel, InfieldError, type RepositoryReader, readRelease } from "@infield/shared";
import type { VerifiedRelease } from "../update.ts";

/** A release that is there and cannot be used. */
export interface LeftOut {
  readonly version: number;
  readonly error: InfieldError;
}
export interface ReadReleases {
  /** Verified, by version. */
  readonly releases: readonly VerifiedRelease[];
  /** By version: below the channel's floor, signed by a key that was taken out since, damaged. */
  readonly leftOut: readonly LeftOut[];
}

/** Every release of the repository, told apart by whether it verifies. Throws what is no `InfieldError`. */
export async function readReleases(repository: RepositoryReader, channel: Channel): Promise<ReadReleases> {
  const releases: VerifiedRelease[] = [];
  const leftOut: LeftOut[] = [];
  for (const version of (await repository.versions()).sort((a, b) => a - b)) {
    try {
      releases.push(await readRelease(repository, channel, version));
    } catch (error) {
      if (!(error instanceof InfieldError)) throw error;
      leftOut.push({ version, error });
    }
  }
  return { releases, leftOut };
}

/** Throws when nothing can be installed from a repository: why its newest release is not allowed, or `unknown-release`. */
export function checkUsable({ releases, leftOut }: ReadReleases, channel: Channel): void {
  if (releases.length > 0) return;
  throw leftOut.at(-1)?.error ?? noRelease(channel.name);
}

function noRelease(name: string): InfieldError {
  return new InfieldError(
    "unknown-release",
    `the repository of ${JSON.stringify(name)} has no release yet`,
    "get a newer copy of it",
  );
}
