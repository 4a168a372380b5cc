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
import { createLimiter } from "../timing/token-bucket.ts";

interface PacketLinksOptions {
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

export interface PacketLinks {
  /** Exchanges packets on a connection that this laptop made. */
  begin(link: PeerLink): void;
  /** A packet came over a connection. Whoever sends the first wants to exchange them. */
  hear(packet: Uint8Array, link: PeerLink): void;
  /** Another connection to the same laptop that stays in place of this one. */
  twinOf(link: PeerLink): PeerLink | undefined;
  /** Asks all what multicast is asked, too. */
  ask(query: Uint8Array): void;
  /** Tells whoever does not have it of what is announced now. */
  announce(): void;
  /** Reports to those where a page is open. */
  sendReport(): void;
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

export function createPacketLinks(options: PacketLinksOptions): PacketLinks {
  const { clock, laptopId } = options;
  const open = new Map<PeerLink, Conversation>();
  const mayTell = createLimiter(clock, PACKETS.one, PACKETS.all);

  function add(link: PeerLink, dialled: boolean): Conversation {
    const conversation = { link, dialled, has: 0, lookingUntil: 0 };
    open.set(link, conversation);
    void link.closed.then(() => open.delete(link));
    endTwin(conversation);
    link.sendPacket(formatQuery(options.query()));
    return conversation;
  }

  /**
   * Two laptops that dialled each other keep what the one with the smaller id made: both see the
   * same.
   */
  function endTwin({ link, dialled }: Conversation): void {
    const twin = [...open.values()].find(
      (other) => isTwin(other, link) && other.dialled !== dialled,
    );
    if (twin === undefined || laptopId < link.id) return;
    (dialled ? link : twin.link).close();
  }

  function isTwin(other: Conversation, { id, address }: PeerLink): boolean {
    // The id is a claim: only at one address may one laptop take another's place.
    return other.link.id === id && other.link.address === address;
  }

  function hearQuery(query: Query, from: Conversation): void {
    from.has = query.version;
    tellNewer(from);
    if (!query.classroom) return;
    from.lookingUntil = clock.now() + LOOKING_MS;
    from.link.sendReport(options.report());
  }

  function tellNewer(to: Conversation): void {
    const announcing = options.announcing();
    if (announcing && announcing.version > to.has) to.link.sendPacket(announcing.packet);
  }

  function hearAnnouncement(
    { version }: Announcement,
    packet: Uint8Array,
    from: Conversation,
  ): void {
    from.has = version;
    options.onAnnouncement(packet, from.link);
  }

  return {
    begin: (link) => void add(link, true),
    hear(packet, link) {
      if (!mayTell(`${link.address} ${link.id}`)) return;
      const query = parseQuery(packet);
      const announcement = query ? undefined : parseAnnouncement(packet);
      const said = query ?? announcement;
      if (
        said === undefined ||
        said.channel !== options.query().channel ||
        said.sender.id === laptopId
      )
        return;
      const known = open.get(link);
      const conversation = known ?? add(link, false);
      if (known === undefined) options.onBegin(link);
      if (query) hearQuery(query, conversation);
      else if (announcement) hearAnnouncement(announcement, packet, conversation);
    },
    twinOf: (link) =>
      [...open.values()].find((other) => other.link !== link && isTwin(other, link))?.link,
    ask(query) {
      for (const { link } of open.values()) link.sendPacket(query);
    },
    announce() {
      for (const conversation of open.values()) tellNewer(conversation);
    },
    sendReport() {
      for (const { link, lookingUntil } of open.values()) {
        if (clock.now() < lookingUntil) link.sendReport(options.report());
      }
    },
  };
}
