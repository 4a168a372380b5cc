/**
 * How many laptops of the room have a release, as far as one can know without listening in their
 * group: who announced it while this laptop still waited for it, who asked for something newer, who
 * was connected (docs/protocol.md, rule 2.7). None of that is proven, so it decides only how often
 * to speak, and never makes anybody silent.
 */
import type { Clock } from "../timing/clock.ts";

export interface PeerCount {
  /** Somebody at this address has `version`. */
  hear(version: number, address: string): void;
  /** Laptops that have `version` or something newer, this one included. */
  count(version: number): number;
  /** This is another room. */
  forget(): void;
}

/**
 * How long somebody counts who is not heard of any more: a day, after which a class has met again.
 */
const REMEMBERED_MS = 24 * 3_600_000;
/**
 * No room counts as larger: whoever invents addresses makes a laptop speak a thirtieth as often,
 * and not more seldom. So these are also the addresses remembered of each family; beyond them the
 * oldest is forgotten.
 */
const LARGEST_ROOM = 64;

export function createPeerCount(clock: Clock): PeerCount {
  // A laptop is heard at two addresses, one of each family: the larger family is the number of
  // laptops.
  const families = { ipv4: new Map<string, Seen>(), ipv6: new Map<string, Seen>() };

  function countIn(family: ReadonlyMap<string, Seen>, version: number): number {
    const now = clock.now();
    let count = 0;
    for (const seen of family.values()) {
      if (seen.version >= version && now - seen.at < REMEMBERED_MS) count++;
    }
    return count;
  }

  return {
    hear(version, address) {
      const family = address.includes(":") ? families.ipv6 : families.ipv4;
      // Set anew, so that the first of a family is the one that was not heard of for longest.
      family.delete(address);
      family.set(address, { version, at: clock.now() });
      const oldest = family.keys().next().value;
      if (family.size >= LARGEST_ROOM && oldest !== undefined) family.delete(oldest);
    },
    count: (version) =>
      1 + Math.max(countIn(families.ipv4, version), countIn(families.ipv6, version)),
    forget() {
      families.ipv4.clear();
      families.ipv6.clear();
    },
  };
}

interface Seen {
  readonly version: number;
  readonly at: number;
}
