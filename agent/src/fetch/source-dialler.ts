/**
 * Connections to those who announced a release: which of them is dialled next, and who was dialled
 * for it, as those connections are hung up afterwards.
 */
import { peerFailed } from "@infield/shared/transfer";
import type { Source } from "../discovery/source.ts";
import { debug } from "../host/debug.ts";
import type { Bans } from "../peers/bans.ts";
import type { Links } from "../peers/links.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { Clock } from "../timing/clock.ts";

const log = debug("fetch");

export interface SourceDiallerOptions {
  readonly clock: Clock;
  readonly links: Links;
  readonly bans: Bans;
  /** Who announced the release, or pieces of it, so far. */
  sources(): Iterable<Source>;
  dial(source: Source, signal: AbortSignal): Promise<PeerLink>;
  readonly signal: AbortSignal;
}

/** After this, a source is dialled again; `dial` itself waits longer where nobody said hello. */
const REDIAL_MS = 10_000;

export class SourceDialler {
  readonly #options: SourceDiallerOptions;
  readonly #dialled = new Set<PeerLink>();
  readonly #restsUntil = new Map<Source, number>();

  constructor(options: SourceDiallerOptions) {
    this.#options = options;
  }

  /** How many connections that were dialled are open. */
  count(): number {
    return this.#dialled.size;
  }

  hasDialled(link: PeerLink): boolean {
    return this.#dialled.has(link);
  }

  /** Connections to neighbours that are not banned, whoever dialled. */
  usable(): PeerLink[] {
    const { links, bans } = this.#options;
    return links.all().filter((link) => !bans.has(link));
  }

  /** Somebody to dial: neither connected nor banned, and not dialled a moment ago. */
  next(): Source | undefined {
    const { clock } = this.#options;
    const open = this.#options.links.all();
    const fresh = [...this.#options.sources()].filter(
      (source) => this.#mayDial(source) && !open.some((link) => isSamePeer(source, link)),
    );
    // A laptop is heard at an address of each family: a second connection to it brings no pieces
    // that the first one does not.
    const strangers = fresh.filter(({ id }) => !open.some((link) => link.id === id));
    const candidates = strangers.length > 0 ? strangers : fresh;
    return candidates[Math.floor(clock.random() * candidates.length)];
  }

  /** Throws what `options.dial` throws, and `peer-failed` where another laptop answers. */
  async dial(source: Source): Promise<PeerLink> {
    const { clock, signal } = this.#options;
    this.#restsUntil.set(source, clock.now() + REDIAL_MS);
    log("dial %s, who announced it, at %s port %d", source.id, source.address, source.port);
    const link = await this.#options.dial(source, signal);
    if (link.id !== source.id) {
      // Or whoever is banned under one name would come back under the other.
      link.close();
      throw peerFailed("is not the laptop that announced itself");
    }
    this.#dialled.add(link);
    void link.closed.then(() => this.#dialled.delete(link));
    return link;
  }

  /** Hangs up on those that were dialled, as soon as they fetch nothing from here. */
  release(): void {
    for (const link of this.#dialled) link.release();
  }

  #mayDial(source: Source): boolean {
    const restsUntil = this.#restsUntil.get(source) ?? 0;
    return this.#options.clock.now() >= restsUntil && !this.#options.bans.has(source);
  }
}

/** The same laptop at the same address. */
export function isSamePeer(a: Source | PeerLink, b: PeerLink): boolean {
  return a.address === b.address && a.id === b.id;
}
