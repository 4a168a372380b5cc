/**
 * The releases of a repository that its channel allows. Keys are taken out, floors rise and sticks
 * wear out: a release that does not verify must not keep anybody from the others.
 */
import { type ErrorCode, InfieldError } from "../base/errors.ts";
import type { Channel } from "./channel.ts";
import type { Release } from "./release.ts";
import { type RepositoryReader, readRelease } from "./repository.ts";
import { canReach } from "./route.ts";

/** A release that is there and does not verify. */
export interface LeftOut {
  readonly version: number;
  readonly error: InfieldError;
}

export interface ReadReleases {
  /** Verified, by version. */
  readonly releases: readonly Release[];
  /** By version: below the channel's floor, signed by a key that was taken out since, damaged. */
  readonly leftOut: readonly LeftOut[];
}

interface ReadOptions {
  /** The version that deltas are to lead from, of a repository that is far away. */
  readonly current?: number;
  /** Errors that say nothing of a release, and end the reading: it may well verify later. */
  readonly fatal?: readonly ErrorCode[];
}

/** The release could not be read now: the storage, or a file that was replaced meanwhile. */
const UNREADABLE: readonly ErrorCode[] = ["io-failed", "unreadable-file"];

/**
 * Reads the releases of a repository: all of them, or of one that is far away the newest, and as
 * many before it as it takes until deltas lead there from version `current`. Throws errors that are
 * `fatal` (by default `io-failed`, `unreadable-file`), and what is no `InfieldError`.
 */
export async function readReleases(
  repository: RepositoryReader,
  channel: Channel,
  { current = 0, fatal = UNREADABLE }: ReadOptions = {},
): Promise<ReadReleases> {
  const releases: Release[] = [];
  const leftOut: LeftOut[] = [];
  for (const version of (await repository.versions()).sort((a, b) => b - a)) {
    if (repository.far && isEnough(releases, current)) break;
    try {
      releases.push(await readRelease(repository, channel, version));
    } catch (error) {
      if (!(error instanceof InfieldError) || fatal.includes(error.code)) throw error;
      leftOut.push({ version, error });
    }
  }
  return { releases: releases.reverse(), leftOut: leftOut.reverse() };
}

/** `releases`: the newest first. */
function isEnough(releases: readonly Release[], current: number): boolean {
  const records = releases.map(({ record }) => record);
  const newest = records[0]?.version;
  return newest !== undefined && (newest <= current || canReach(records, current, newest));
}
