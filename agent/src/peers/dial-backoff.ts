/**
 * Addresses where nobody said hello are left alone for a while. A packet's source address can be
 * forged, and thirty laptops that keep connecting to it would be an attack.
 */
import { peerFailed } from "@infield/shared/transfer";
import type { Clock } from "../timing/clock.ts";
import type { PeerLink } from "./peer-link.ts";

type Dial = (address: string, port: number, signal?: AbortSignal) => Promise<PeerLink>;

const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 30 * 60_000;
/** Addresses of this machine alone. */
export const LOOPBACK = ["127.0.0.1", "::1"];
/** Addresses remembered: a big classroom. Beyond that the oldest is forgotten. */
const ADDRESSES_KEPT = 256;

/** `dial`, but for an address that failed a moment ago it throws `peer-failed` at once. */
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
    // Several agents on this machine share its address, which nobody outside it can forge.
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
