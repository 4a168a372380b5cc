/**
 * Discovery gives datagrams their meaning: what to listen for, which announcements are worth a
 * connection, which queries worth an answer. Checks go from cheap to dear (docs/protocol.md, rule
 * 2.4), and a signature is verified last.
 */
import {
  type Announcement,
  formatQuery,
  type Group,
  isSignedBy,
  parseAnnouncement,
  parseQuery,
  type Query,
  queryGroup,
  releaseGroup,
  signerOf,
} from "@infield/shared/announce";
import { toHex } from "@infield/shared/base";
import type { Channel } from "@infield/shared/records";
import type { OnEvent, Verdict } from "../laptop/events.ts";
import type { Clock } from "../timing/clock.ts";
import { createLimiter } from "../timing/token-bucket.ts";
import type { Beacon } from "./beacon.ts";
import type { Datagram } from "./datagram.ts";
import type { Source } from "./source.ts";

export interface DiscoveryOptions {
  readonly clock: Clock;
  readonly beacon: Beacon;
  readonly channelId: string;
  /**
   * The channel as this laptop knows it; undefined before its chain was fetched for the first time.
   */
  channel(): Channel | undefined;
  readonly laptopId: string;
  /** TCP port of our peer listener. */
  readonly peerPort: number;
  /** False for what is installed, being held back, or failed a moment ago. */
  wants(announcement: Announcement): boolean;
  /**
   * A wanted release, and the address of somebody who has it. Not `proven`: its key is not one we
   * know, perhaps not yet.
   */
  onAnnouncement(announcement: Announcement, address: string, proven: boolean): void;
  onQuery(query: Query, address: string): void;
  /** Somebody at this address says to have `version`, or to be fetching it. */
  onSeen(version: number, address: string): void;
  readonly onEvent: OnEvent;
}

export interface Discovery {
  /** Listens for what is newer than `version`, and no longer for anything else. */
  follow(version: number): Promise<void>;
  /** What is listened for: something newer than this. */
  following(): number;
  /** Before sleep: listens only for what may wake this laptop. */
  sleep(): Promise<void>;
  /** Listens as before `sleep`. */
  wake(): Promise<void>;
  /** Tells which groups this laptop is in now. */
  tellListening(): void;
  /** Asks the neighbours for something newer; `classroom`: also to connect and report. */
  ask(classroom: boolean): void;
  /**
   * Laptops that have this version, asked now: a few, from the addresses their answers came from.
   * Such an answer is no more than a hint, signed or not, as nothing that they give is believed.
   */
  findHolders(version: number, signal: AbortSignal): Promise<Source[]>;
  /** Takes the datagrams of the beacon. */
  onDatagram(datagram: Datagram): void;
}

/**
 * Signatures verified: a second of one core can verify some hundreds, an attacker gets a twentieth
 * of it.
 */
const SIGNATURES = { one: { burst: 6, perSecond: 2 }, all: { burst: 20, perSecond: 10 } };
/**
 * Connections made on an announcement whose key is unknown, as it may be that of a newer channel
 * record.
 */
const UNPROVEN = { one: { burst: 3, perSecond: 1 / 30 }, all: { burst: 6, perSecond: 1 / 10 } };
/** Queries heard: thirty laptops that wake together, then a trickle. */
const QUERIES = { one: { burst: 6, perSecond: 1 / 2 }, all: { burst: 64, perSecond: 8 } };
/**
 * Lower ports belong to the system's services: a hint must not aim a class at a printer or a mail
 * server.
 */
const FIRST_PORT = 1024;
/**
 * How long answers of those who have a version are waited for: they come within a random second,
 * three times.
 */
const HOLDERS_MS = 3_000;
/** Holders that are dialled: one of them works, and a forger of answers has us dial no more. */
const MAX_HOLDERS = 4;
/**
 * Announcements known to be signed: our release and a few others, from any number of neighbours.
 */
const PROVEN_KEPT = 8;

export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { beacon, channelId, clock, onEvent } = options;
  const prefix = channelId.slice(0, 16);
  const maySign = createLimiter(clock, SIGNATURES.one, SIGNATURES.all);
  const mayTryUnproven = createLimiter(clock, UNPROVEN.one, UNPROVEN.all);
  const mayAsk = createLimiter(clock, QUERIES.one, QUERIES.all);
  const proven = new Set<string>();
  let following = 0;
  let asleep = false;
  let joined: Group[] = [];
  /** While holders of a version are looked for, by address. */
  let looking: { readonly version: number; readonly found: Map<string, Source> } | undefined;

  /**
   * The dear half of the checks: `taken` when the announcement is signed, or by a key that we
   * cannot know yet.
   */
  function judge(announcement: Announcement, address: string): Verdict {
    const name = toHex(announcement.signed);
    if (proven.has(name)) return "taken";
    const channel = options.channel();
    const signer = signerOf(announcement.signed);
    if (channel === undefined || !channel.release.keys.some((key) => key.id === signer)) {
      return mayTryUnproven(address) ? "taken" : "too-many";
    }
    if (!maySign(address)) return "too-many";
    if (!isSignedBy(announcement.signed, channel)) return "forged";
    proven.add(name);
    const [oldest] = proven;
    if (proven.size > PROVEN_KEPT && oldest !== undefined) proven.delete(oldest);
    return "taken";
  }

  function hearAnnouncement(announcement: Announcement, datagram: Datagram): void {
    const { version, sender, partial } = announcement;
    if (looking?.version === version && !partial && looking.found.size < MAX_HOLDERS) {
      const { address } = datagram;
      looking.found.set(`${address} ${sender.port}`, { address, port: sender.port, id: sender.id });
    }
    const wanted = announcement.version > following && options.wants(announcement);
    const verdict = wanted ? judge(announcement, datagram.address) : "not-wanted";
    tell("announcement", announcement.version, datagram, verdict);
    if (verdict !== "taken") return;
    const isProven = proven.has(toHex(announcement.signed));
    if (isProven) options.onSeen(version, datagram.address);
    options.onAnnouncement(announcement, datagram.address, isProven);
  }

  function hearQuery(query: Query, datagram: Datagram): void {
    const verdict = mayAsk(datagram.address) ? "taken" : "too-many";
    tell("query", query.version, datagram, verdict);
    if (verdict !== "taken") return;
    options.onSeen(query.version, datagram.address);
    options.onQuery(query, datagram.address);
  }

  function tell(
    kind: "announcement" | "query",
    version: number,
    { address: from, group, received }: Datagram,
    verdict: Verdict,
  ): void {
    onEvent({ event: "packet", kind, version, from, group, received, verdict });
  }

  function query(version: number, classroom: boolean): void {
    const sender = { port: options.peerPort, id: options.laptopId };
    beacon.send(
      queryGroup(channelId),
      formatQuery({ channel: prefix, version, classroom, sender }),
    );
  }

  async function listen(): Promise<void> {
    const next = following + 1;
    const urgent = releaseGroup(channelId, next, true);
    const wanted = asleep
      ? [urgent]
      : [releaseGroup(channelId, next, false), urgent, queryGroup(channelId)];
    const stale = joined.filter((group) => !wanted.some((one) => one.ipv6 === group.ipv6));
    joined = wanted;
    for (const group of stale) beacon.leave(group);
    await Promise.all(wanted.map((group) => beacon.join(group)));
    tellListening();
  }

  function tellListening(): void {
    const version = following + 1;
    onEvent({
      event: "listening",
      version,
      groups: beacon.groups(),
      interfaces: beacon.interfaces(),
    });
  }

  return {
    async follow(version) {
      following = version;
      await listen();
    },
    following: () => following,
    async sleep() {
      asleep = true;
      await listen();
    },
    async wake() {
      asleep = false;
      await listen();
    },
    tellListening,
    ask: (classroom) => query(following, classroom),
    async findHolders(version, signal) {
      const found = new Map<string, Source>();
      looking = { version, found };
      const group = releaseGroup(channelId, version, false);
      await beacon.join(group);
      // Answers to who asks for something newer than the version before come to the group of this
      // one (docs/protocol.md, 2.10).
      query(version - 1, false);
      // Of many who could answer a few do, by chance, which once in fifty times are none.
      const cancelSecond = clock.startTimer(HOLDERS_MS / 2, () => query(version - 1, false));
      await new Promise<void>((resolve) => {
        const cancel = clock.startTimer(HOLDERS_MS, resolve);
        signal.addEventListener("abort", () => {
          cancel();
          resolve();
        });
      });
      cancelSecond();
      looking = undefined;
      if (!joined.some((one) => one.ipv6 === group.ipv6)) beacon.leave(group);
      return [...found.values()];
    },
    onDatagram(datagram) {
      const packet = parseAnnouncement(datagram.bytes) ?? parseQuery(datagram.bytes);
      if (packet === undefined || packet.channel !== prefix) return;
      if (packet.sender.id === options.laptopId || packet.sender.port < FIRST_PORT) return;
      if ("signed" in packet) hearAnnouncement(packet, datagram);
      else hearQuery(packet, datagram);
    },
  };
}
