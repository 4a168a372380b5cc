/** The channel as this laptop knows it. It only ever learns: a shorter chain than the one it has changes nothing. */
import { type Chain, type Channel, readChannel, verifyChain } from "@infield/shared";
import type { Root } from "../store/root.ts";

export interface ChannelKeeper {
  /** Undefined while only its id is known, or not even that. */
  current(): Channel | undefined;
  /**
   * Stores a chain that is longer than the known one, and gives the newest there is. Throws `unknown-channel` when it is
   * not the pinned one, and what `verifyChain` throws.
   */
  adopt(chain: Chain): Promise<Channel>;
}

export async function keepChannel(root: Root): Promise<ChannelKeeper> {
  let known = await readOwn(root);
  return {
    current: () => known,
    async adopt(chain) {
      const channel = verifyChain(chain, root.identity.channel);
      if (known !== undefined && known.version >= channel.version) return known;
      await root.repository.writeChain(chain);
      known = channel;
      return channel;
    },
  };
}

/** A chain that is missing or damaged is fetched again: neighbours have it, and its id is pinned. */
async function readOwn(root: Root): Promise<Channel | undefined> {
  const pinned = root.identity.channel;
  if (pinned === undefined) return undefined;
  return readChannel(root.repository, pinned).then(
    ({ channel }) => channel,
    () => undefined,
  );
}
