/**
 * Source addresses where nobody said hello, and until when they are left alone: a packet's address
 * can be forged, and thirty laptops that connect to it again and again would be the attack.
 */

import { peerFailed } from "@infield/shared/transfer";
import type { Clock } from "../timing/clock.ts";
import type { PeerLink } from "./peer-link.ts";

type Dial = (address: string, port: number, signal?: AbortSignal) => Promise<PeerLink>;

const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 30 * 60_000;
export const LOOPBACK = ["127.0.0.1", "::1"];
/** Addresses remembered: a big classroom. Beyond it the oldest is forgotten. */
const ADDRESSES_KEPT = 256;

/**
 * Dials as `dial` does, but throws `peer-failed` at once for an address that failed a moment ago.
 */
export function dialWithBackoff(clock: Clock, dial: Dial): Dial {
  const failures = new Map<string, { count: number; until: number }>();

  function remember(address: string): void {
    const count = (failures.get(address)?.count ?? 0) + 1;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LAST_PAUSE_MS);
    failures.delete(address);
    failures.set(address, { count, until: clock.now() + pauseMs });
    const oldest = failures.keys().next().value;
    if (failures.size > ADDRESSES_KEPT && oldest !== undefined) failures.delete(oldest);
  }

  return async (address, port, signal) => {
    // Several agents on this machine share its address, which nobody outside can forge.
    if (LOOPBACK.includes(address)) return dial(address, port, signal);
    if (clock.now() < (failures.get(address)?.until ?? 0))
      throw peerFailed("did not answer a moment ago");
    try {
      const link = await dial(address, port, signal);
      failures.delete(address);
      return link;
    } catch (error) {
      if (!signal?.aborted) remember(address);
      throw error;
    }
  };
}
