/**
 * An announcement by a key that is not known here may be by a new key of the channel, or by
 * anybody: whoever sent it is asked for the channel alone (docs/protocol.md, rule 2.5).
 */
import { isSignedBy } from "@infield/shared/announce";
import type { PeerLink } from "../peers/peer-link.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { fetchOwnChain } from "./fetch-records.ts";
import type { UnprovenOffer } from "./offer-queue.ts";
import type { UpdateContext } from "./update-context.ts";

interface ProveOptions extends Pick<UpdateContext, "keeper" | "clock"> {
  readonly root: OpenRoot;
  dial(address: string, port: number, signal: AbortSignal): Promise<PeerLink>;
}

/**
 * How long a neighbour may take to send its chain: anybody can claim, so claims must cost little.
 */
const PROOF_MS = 5_000;

/**
 * True when a key of the channel, as that neighbour knows it, signed the announcement. Never throws
 * and tells nobody: what nobody signed must not look like an update that failed.
 */
export async function proveOffer(
  options: ProveOptions,
  { announcement, source }: UnprovenOffer,
  signal: AbortSignal,
): Promise<boolean> {
  const { root, clock, keeper } = options;
  const tooLong = new AbortController();
  const cancel = clock.startTimer(PROOF_MS, () => tooLong.abort());
  const either = AbortSignal.any([signal, tooLong.signal]);
  try {
    const link = await options.dial(source.address, source.port, either);
    const chain = await fetchOwnChain(options, link.asker, either).finally(() => link.close());
    // A change makes others give way, and these claims cost nothing: only a chain with keys that
    // are new here is worth one.
    const channel = await (keeper.isNews(chain)
      ? root.change((writable) => keeper.adopt(writable, chain))
      : keeper.current());
    return channel !== undefined && isSignedBy(announcement.signed, channel);
  } catch {
    // Whoever it was, the next announcement is the next try.
    return false;
  } finally {
    cancel();
  }
}
