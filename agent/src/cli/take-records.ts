/** What is signed moves from a repository at hand into a laptop's own; nothing is taken that did not verify. */
import { CHANNEL_FILE, type Channel, type RepositoryReader, readChannel } from "@infield/shared";
import type { FolderRepository } from "../store/repository.ts";
import type { VerifiedRelease } from "../update.ts";
import { readReleases } from "./read-releases.ts";

/**
 * Takes the channel's records, unless the laptop knows newer ones, and the releases that these allow. Throws what
 * `readChannel` and `readRelease` throw, `no-space`, `io-failed`.
 */
export async function takeRecords(
  source: RepositoryReader,
  own: FolderRepository,
  channelId: string,
): Promise<{ channel: Channel; releases: VerifiedRelease[] }> {
  const given = await readChannel(source, channelId);
  const known = (await own.open(CHANNEL_FILE)) ? await readChannel(own, channelId) : undefined;
  // An old stick must not bring back a key that was taken out of the channel since.
  const isNewer = known === undefined || given.channel.version > known.channel.version;
  const channel = isNewer ? given.channel : known.channel;
  const releases = await readReleases(source, channel);
  if (isNewer) await own.writeChain(given.chain);
  for (const { file, record } of releases) await own.writeRelease(file, record);
  return { channel, releases };
}
