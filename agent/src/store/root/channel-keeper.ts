/**
 * The channel as this laptop knows it. It only ever learns: what does not extend the chain it has
 * changes nothing.
 */
import {
  type Chain,
  type Channel,
  extendChain,
  readChannel,
  verifyChain,
} from "@infield/shared/records";
import { ignoreDamage } from "../../host/io-error.ts";
import type { Root, WritableRoot } from "./root.ts";

export interface ChannelKeeper {
  /** Undefined while only its id is known, or not even that. */
  current(): Channel | undefined;
  /** True where `adopt` would store it. Throws what that throws. */
  isNews(chain: Chain): boolean;
  /**
   * Stores a chain that extends the known one, and gives the newest there is. Throws
   * `unknown-channel` when it is not the pinned one, `bad-signature` when it parts from the known
   * one, and what `verifyChain` throws.
   */
  adopt(root: WritableRoot, chain: Chain): Promise<Channel>;
}

export async function keepChannel(root: Root): Promise<ChannelKeeper> {
  let known = await readOwn(root);
  const newestOf = (offered: Chain) =>
    known
      ? extendChain(known.chain, offered, known.channel.id)
      : { chain: offered, channel: verifyChain(offered, root.identity.channel) };
  return {
    current: () => known?.channel,
    isNews: (offered) => newestOf(offered).channel.version !== known?.channel.version,
    async adopt(writable, offered) {
      const newest = newestOf(offered);
      if (newest.channel.version === known?.channel.version) return known.channel;
      await writable.repository.writeChain(newest.chain);
      known = newest;
      return newest.channel;
    },
  };
}

/**
 * A chain that is missing or damaged is fetched again: neighbours have it, and its id is pinned.
 * One that only cannot be read now is not: a shorter one would be taken in its place
 * (docs/protocol.md, rule 3.7). Throws `io-failed`, `unreadable-file`.
 */
async function readOwn(root: Root): Promise<{ chain: Chain; channel: Channel } | undefined> {
  const pinned = root.identity.channel;
  if (pinned === undefined) return undefined;
  return readChannel(root.repository, pinned).catch(ignoreDamage);
}
