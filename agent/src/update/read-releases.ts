/**
 * The releases of a repository that its channel allows; one bad file must not keep a laptop from
 * the good ones.
 */
import { InfieldError } from "@infield/shared/base";
import {
  type Channel,
  canReach,
  type RepositoryReader,
  readRelease,
} from "@infield/shared/records";
import type { VerifiedRelease } from "./update.ts";

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

/**
 * The releases of a repository, told apart by whether they verify: all of them, or of one that is
 * far away the newest, and as many before it as it takes until deltas lead there from version
 * `current`. Throws `upstream-failed`, and what is no `InfieldError`.
 */
export async function readReleases(
  repository: RepositoryReader,
  channel: Channel,
  current = 0,
): Promise<ReadReleases> {
  const releases: VerifiedRelease[] = [];
  const leftOut: LeftOut[] = [];
  for (const version of (await repository.versions()).sort((a, b) => b - a)) {
    if (repository.far && isEnough(releases, current)) break;
    try {
      releases.push(await readRelease(repository, channel, version));
    } catch (error) {
      if (!(error instanceof InfieldError) || error.code === "upstream-failed") throw error;
      leftOut.push({ version, error });
    }
  }
  return { releases: releases.reverse(), leftOut: leftOut.reverse() };
}

/** `releases`: the newest first. */
function isEnough(releases: readonly VerifiedRelease[], current: number): boolean {
  const records = releases.map(({ record }) => record);
  const newest = records[0]?.version;
  return newest !== undefined && (newest <= current || canReach(records, current, newest));
}

/**
 * Throws when nothing can be installed from a repository: why its newest release is not allowed, or
 * `unknown-release`.
 */
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
