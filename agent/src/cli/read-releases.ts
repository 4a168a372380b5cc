/** Every release of a repository that may still be installed. */
import { type Channel, type RepositoryReader, readRelease } from "@infield/shared";
import type { VerifiedRelease } from "../update.ts";

/** Verified, by version; those below the channel's floor are left out. Throws what `readRelease` throws. */
export async function readReleases(
  repository: RepositoryReader,
  channel: Channel,
): Promise<VerifiedRelease[]> {
  const releases: VerifiedRelease[] = [];
  for (const version of (await repository.versions()).sort((a, b) => a - b)) {
    if (version >= channel.floor) releases.push(await readRelease(repository, channel, version));
  }
  return releases;
}
