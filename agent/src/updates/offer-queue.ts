/**
 * The releases that neighbours say they have. Proven ones, whose announcement a key of the channel
 * signed, are taken, the newest first. Of the others, which anybody can make, one at a time is
 * kept, to learn whether the channel has a newer key (docs/protocol.md, rule 2.5).
 */
import type { Announcement, ReleaseSummary } from "@infield/shared/announce";
import { equalBytes, toHex } from "@infield/shared/base";
import type { Source } from "../discovery/source.ts";

export interface Offer {
  readonly announcement: Announcement;
  /** By address and port. */
  readonly sources: Map<string, Source>;
}

/** Somebody's claim that there is a release; no known key signed it. */
export interface UnprovenOffer {
  readonly announcement: Announcement;
  readonly source: Source;
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
export function releaseName({
  version,
  recordHash,
}: Pick<ReleaseSummary, "version" | "recordHash">): string {
  return `${version} ${toHex(recordHash)}`;
}

export class OfferQueue {
  readonly #proven = new Map<string, Offer>();
  #unproven: Offer | undefined;

  /** Remembers who offers a release. */
  add(announcement: Announcement, source: Source, isProven: boolean): void {
    const offer = isProven ? this.#provenOffer(announcement) : this.#unprovenOffer(announcement);
    const name = `${source.address} ${source.port}`;
    if (offer && offer.sources.size < MAX_SOURCES && !offer.sources.has(name))
      offer.sources.set(name, source);
  }

  /** The newest proven release that `wants` says yes to; others are forgotten. */
  newest(wants: (announcement: Announcement) => boolean): Offer | undefined {
    for (const [name, offer] of this.#proven)
      if (!wants(offer.announcement)) this.#proven.delete(name);
    const offers = [...this.#proven.values()];
    return offers.sort((a, b) => b.announcement.version - a.announcement.version)[0];
  }

  /** Gives the unproven announcement with one of its sources, each once. */
  takeUnproven(): UnprovenOffer | undefined {
    if (this.#unproven === undefined) return undefined;
    const { announcement, sources } = this.#unproven;
    const [name, source] = [...sources][0] ?? [];
    if (name !== undefined) sources.delete(name);
    if (sources.size === 0) this.#unproven = undefined;
    return source && { announcement, source };
  }

  remove({ announcement }: Offer): void {
    this.#proven.delete(releaseName(announcement));
  }

  clear(): void {
    this.#proven.clear();
    this.#unproven = undefined;
  }

  #provenOffer(announcement: Announcement): Offer {
    const name = releaseName(announcement);
    const offer = this.#proven.get(name) ?? { announcement, sources: new Map() };
    this.#proven.set(name, offer);
    if (this.#proven.size > MAX_OFFERS) this.#removeOldest();
    return offer;
  }

  #removeOldest(): void {
    const [oldest] = [...this.#proven].reduce((a, b) =>
      a[1].announcement.version < b[1].announcement.version ? a : b,
    );
    this.#proven.delete(oldest);
  }

  /** Undefined for any but the one that is kept. */
  #unprovenOffer(announcement: Announcement): Offer | undefined {
    this.#unproven ??= { announcement, sources: new Map() };
    const isKept = equalBytes(this.#unproven.announcement.signed, announcement.signed);
    return isKept ? this.#unproven : undefined;
  }
}
