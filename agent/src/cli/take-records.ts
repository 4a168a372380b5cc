/** What is signed moves from a repository at hand into a laptop's own; nothing is taken that did not verify. */
import { type Channel, type RepositoryReader, readChannel } from "@infield/shared";
import { keepChannel } from "../net/channel-keeper.ts";
import type { Root } from "../store/root.ts";
import { checkUsable, type ReadReleases, readReleases } from "./read-releases.ts";

/**
 * Takes the channel's records, unless the laptop knows newer ones: an old stick must not bring back a key that was taken
 * out since. Then the releases that these allow. Throws what `readChannel` and `checkUsable` throw, `no-space`, `io-failed`.
 */
export async function takeRecords(
  source: RepositoryReader,
  root: Root,
): Promise<ReadReleases & { channel: Channel }> {
  const { chain } = await readChannel(source, root.identity.channel);
  const keeper = await keepChannel(root);
  const channel = await keeper.adopt(chain);
  const found = await readReleases(source, channel);
  checkUsable(found, channel);
  for (const { file, record } of found.releases) await root.repository.writeRelease(file, record);
  return { channel, ...found };
}
