/**
 * From a repository, at hand or on a web server, into a laptop's own; nothing is taken that did not
 * verify.
 */
import { InfieldError } from "@infield/shared/base";
import {
  type BlobRecord,
  blobPath,
  type Channel,
  type ReadReleases,
  type RepositoryReader,
  readChannel,
  readReleases,
} from "@infield/shared/records";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { WritableRoot } from "../store/root/root.ts";
import { copyBlob } from "../store/write/incoming.ts";

/**
 * Takes the channel's records, unless the laptop knows newer ones: an old stick must not bring back
 * a key that was taken out since. Then the releases that these allow. Throws what `readChannel`,
 * `readReleases` and `checkUsable` throw, `no-space`, `io-failed`.
 */
export async function takeRecords(
  source: RepositoryReader,
  root: WritableRoot,
  keeper: ChannelKeeper,
): Promise<ReadReleases & { channel: Channel }> {
  const { chain } = await readChannel(source, root.identity.channel);
  const channel = await keeper.adopt(root, chain);
  const found = await readReleases(source, channel, {
    current: root.state().current,
    fatal: ["upstream-failed"],
  });
  checkUsable(found, channel);
  for (const { file, record } of found.releases) await root.repository.writeRelease(file, record);
  return { channel, ...found };
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

/** Takes a blob. Throws `repository-damaged` when it is not there, and what `copyBlob` throws. */
export async function takeBlob(
  source: RepositoryReader,
  root: WritableRoot,
  blob: BlobRecord,
  onProgress: (doneBytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const bytes = await source.open(blobPath(blob.root));
  if (bytes === undefined) {
    throw new InfieldError(
      "repository-damaged",
      `the repository lacks ${blobPath(blob.root)}`,
      "copy the whole repository again",
    );
  }
  await copyBlob(root, blob, bytes, onProgress, signal);
}
