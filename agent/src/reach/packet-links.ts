/**
 * Announcements and queries over connections, for laptops that multicast does not reach. They are
 * the very packets that multicast carries, and are judged by the same rules; only each goes to one
 * neighbour, and nothing is lost (docs/protocol.md, section 6).
 */
import {
  type Announcement,
  formatQuery,
  parseAnnouncement,
  parseQuery,
  type Query,
} from "@infield/shared/announce";
import type { Report } from "@infield/shared/transfer";
import type { PeerLink } from "../peers/peer-link.ts";
import { LOOKING_MS } from "../peers/teacher-links.ts";
import type { Clock } from "../timing/clock.ts";
import { createLimiter, type Limiter } from "../timing/token-bucket.ts";

export interface PacketLinksOptions {
  readonly clock: Clock;
  readonly laptopId: string;
  /** The query that this laptop would send now; `classroom`: a page is open here. */
  query(): Query;
  /** What is announced now, if anything. */
  announcing(): { readonly version: number; readonly packet: Uint8Array } | undefined;
  /** An announcement came from a neighbour: it goes the way of a datagram from its address. */
  onAnnouncement(packet: Uint8Array, link: PeerLink): void;
  /** A neighbour began to exchange packets: it may not be heard by multicast, or not hear us. */
  onBegin(link: PeerLink): void;
  report(): Report;
}

interface Conversation {
  readonly link: PeerLink;
  readonly dialled: boolean;
  /** The newest version it is known to have. */
  has: number;
  /** A page is open there, until then. */
  lookingUntil: number;
}

/**
 * Packets on one connection: a laptop that starts or wakes, then a page's query every 20 s and news
 * now and then.
 */
const PACKETS = { one: { burst: 16, perSecond: 1 / 2 }, all: { burst: 256, perSecond: 32 } };

export class PacketLinks {
  readonly #options: PacketLinksOptions;
  readonly #open = new Map<PeerLink, Conversation>();
  readonly #mayTell: Limiter;

  constructor(options: PacketLinksOptions) {
    this.#options = options;
    this.#mayTell = createLimiter(options.clock, PACKETS.one, PACKETS.all);
  }

  /** Exchanges packets on a connection that this laptop made. */
  begin(link: PeerLink): void {
    this.#add(link, true);
  }

  /** A packet came over a connection. Whoever sends the first wants to exchange them. */
  hear(packet: Uint8Array, link: PeerLink): void {
    if (!this.#mayTell(`${link.address} ${link.id}`)) return;
    const query = parseQuery(packet);
    const announcement = query ? undefined : parseAnnouncement(packet);
    const said = query ?? announcement;
    if (said === undefined || !this.#isForUs(said)) return;
    const known = this.#open.get(link);
    const conversation = known ?? this.#add(link, false);
    if (known === undefined) this.#options.onBegin(link);
    if (query) this.#hearQuery(query, conversation);
    else if (announcement) this.#hearAnnouncement(announcement, packet, conversation);
  }

  /** Another connection to the same laptop that stays in place of this one. */
  twinOf(link: PeerLink): PeerLink | undefined {
    return this.#all().find((other) => other.link !== link && isTwin(other, link))?.link;
  }

  /** Asks all what multicast is asked, too. */
  ask(query: Uint8Array): void {
    for (const { link } of this.#all()) link.sendPacket(query);
  }

  /** Tells whoever does not have it of what is announced now. */
  announce(): void {
    for (const conversation of this.#all()) this.#tellNewer(conversation);
  }

  /** Reports to those where a page is open. */
  sendReport(): void {
    const { clock, report } = this.#options;
    for (const { link, lookingUntil } of this.#all())
      if (clock.now() < lookingUntil) link.sendReport(report());
  }

  #all(): Conversation[] {
    return [...this.#open.values()];
  }

  #isForUs({ channel, sender }: Announcement | Query): boolean {
    return channel === this.#options.query().channel && sender.id !== this.#options.laptopId;
  }

  #add(link: PeerLink, dialled: boolean): Conversation {
    const conversation = { link, dialled, has: 0, lookingUntil: 0 };
    this.#open.set(link, conversation);
    void link.closed.then(() => this.#open.delete(link));
    this.#endTwin(conversation);
    link.sendPacket(formatQuery(this.#options.query()));
    return conversation;
  }

  /**
   * Two laptops that dialled each other keep what the one with the smaller id made: both see the
   * same.
   */
  #endTwin({ link, dialled }: Conversation): void {
    const twin = this.#all().find((other) => isTwin(other, link) && other.dialled !== dialled);
    if (twin === undefined || this.#options.laptopId < link.id) return;
    (dialled ? link : twin.link).close();
  }

  #hearQuery(query: Query, from: Conversation): void {
    const { clock, report } = this.#options;
    from.has = query.version;
    this.#tellNewer(from);
    if (!query.classroom) return;
    from.lookingUntil = clock.now() + LOOKING_MS;
    from.link.sendReport(report());
  }

  #tellNewer(to: Conversation): void {
    const announcing = this.#options.announcing();
    if (announcing && announcing.version > to.has) to.link.sendPacket(announcing.packet);
  }

  #hearAnnouncement(announcement: Announcement, packet: Uint8Array, from: Conversation): void {
    from.has = announcement.version;
    this.#options.onAnnouncement(packet, from.link);
  }
}

/** The id is a claim: only at one address may one laptop take another's place. */
function isTwin({ link }: Conversation, { id, address }: PeerLink): boolean {
  return link.id === id && link.address === address;
}
