/**
 * Neighbours that nothing is fetched from for a while, because they sent a wrong piece, or were
 * slow or gave none. A name is easily changed, an address in the room is not: so after a second lie
 * from one address, all of it is banned (docs/protocol.md, rule 10.7).
 */
import type { Clock } from "../timing/clock.ts";
import { LOOPBACK } from "./dial-backoff.ts";

/** Who a neighbour is: where its packets come from, and what it calls itself. */
export interface Identity {
  readonly address: string;
  readonly id: string;
}

export interface Bans {
  /** It sent a wrong piece. */
  lied(peer: Identity): void;
  /** It was slow, or gave nothing. */
  failed(peer: Identity): void;
  has(peer: Identity): boolean;
}

/**
 * A lie is no accident, but a laptop with a failing disk may be mended, or another one may be given
 * its address.
 */
const LIE_MS = 10 * 60_000;
/** A laptop at the edge of the radio may come nearer. */
const FAILURE_MS = 15_000;
/** Lies from one address before nothing from there is believed. */
const MAX_LIES = 2;
/** Neighbours remembered: a big classroom. Beyond that the oldest is forgotten. */
const BANS_KEPT = 256;

export function createBans(clock: Pick<Clock, "now">): Bans {
  /** When a ban ends, by address and id, or by address alone. */
  const until = new Map<string, number>();
  const lies = new Map<string, { count: number; until: number }>();

  function ban(name: string, ms: number): void {
    until.set(name, Math.max(until.get(name) ?? 0, clock.now() + ms));
    forgetOldest(until);
  }
  const isBanned = (name: string) => clock.now() < (until.get(name) ?? 0);

  return {
    lied({ address, id }) {
      ban(`${address} ${id}`, LIE_MS);
      // Several agents on this machine share its address, which nobody outside it can have.
      if (LOOPBACK.includes(address)) return;
      const known = lies.get(address);
      const count = (known && clock.now() < known.until ? known.count : 0) + 1;
      lies.delete(address);
      lies.set(address, { count, until: clock.now() + LIE_MS });
      forgetOldest(lies);
      if (count >= MAX_LIES) ban(address, LIE_MS);
    },
    failed: ({ address, id }) => ban(`${address} ${id}`, FAILURE_MS),
    has: ({ address, id }) => isBanned(address) || isBanned(`${address} ${id}`),
  };
}

function forgetOldest(map: Map<string, unknown>): void {
  const oldest = map.keys().next().value;
  if (map.size > BANS_KEPT && oldest !== undefined) map.delete(oldest);
}
