/**
 * The releases that neighbours say they have. Proven ones, whose announcement a key of the channel
 * signed, come first and are taken; of the others, which anybody can make, one at a time is kept,
 * to learn whether the channel has a newer key.
 */
import type { Announcement, ReleaseSummary } from "@infield/shared/announce";
import { equalBytes, toHex } from "@infield/shared/base";

export interface Source {
  readonly address: string;
  readonly port: number;
  /** The laptop id it calls itself by. */
  readonly id: string;
}
export interface Offer {
  readonly announcement: Announcement;
  /** By address and port. */
  readonly sources: Map<string, Source>;
}

interface Offers {
  /** Remembers who offers a release. */
  add(announcement: Announcement, source: Source, proven: boolean): void;
  /** The newest proven release that `wants` says yes to; others are forgotten. */
  newest(wants: (announcement: Announcement) => boolean): Offer | undefined;
  /** Gives an unproven announcement with one of its sources, each once. */
  takeUnproven(): { announcement: Announcement; source: Source } | undefined;
  remove(offer: Offer): void;
  clear(): void;
}

/**
 * Neighbours remembered for one release: a classroom, of which a few at a time are connected, by
 * chance.
 */
const MAX_SOURCES = 64;
/** Proven releases remembered; beyond it the oldest is forgotten, as newer ones lead further. */
const MAX_OFFERS = 8;

/**
 * A release is named by what was signed: another release of the same version is another offer, and
 * fails for itself.
 */
export function nameOf({
  version,
  recordHash,
}: Pick<ReleaseSummary, "version" | "recordHash">): string {
  return `${version} ${toHex(recordHash)}`;
}

export function createOffers(): Offers {
  const proven = new Map<string, Offer>();
  let unproven: Offer | undefined;

  function provenOffer(announcement: Announcement): Offer {
    const name = nameOf(announcement);
    const offer = proven.get(name) ?? { announcement, sources: new Map() };
    proven.set(name, offer);
    if (proven.size > MAX_OFFERS) removeOldest();
    return offer;
  }

  function removeOldest(): void {
    const oldest = [...proven].reduce((a, b) =>
      a[1].announcement.version < b[1].announcement.version ? a : b,
    );
    proven.delete(oldest[0]);
  }

  /** Undefined for any but the one that is kept. */
  function unprovenOffer(announcement: Announcement): Offer | undefined {
    unproven ??= { announcement, sources: new Map() };
    return equalBytes(unproven.announcement.signed, announcement.signed) ? unproven : undefined;
  }

  return {
    add(announcement, source, isProven) {
      const offer = isProven ? provenOffer(announcement) : unprovenOffer(announcement);
      const name = `${source.address} ${source.port}`;
      if (offer === undefined || offer.sources.size >= MAX_SOURCES || offer.sources.has(name))
        return;
      offer.sources.set(name, source);
    },
    newest(wants) {
      for (const [name, offer] of proven) if (!wants(offer.announcement)) proven.delete(name);
      return [...proven.values()].sort(
        (a, b) => b.announcement.version - a.announcement.version,
      )[0];
    },
    takeUnproven() {
      if (unproven === undefined) return undefined;
      const { announcement, sources } = unproven;
      const [name, source] = [...sources][0] ?? [];
      if (name !== undefined) sources.delete(name);
      if (sources.size === 0) unproven = undefined;
      return source && { announcement, source };
    },
    remove: ({ announcement }) => void proven.delete(nameOf(announcement)),
    clear() {
      proven.clear();
      unproven = undefined;
    },
  };
}
