/**
 * Discovery gives datagrams their meaning: what to listen for, which announcements are worth a
 * connection, which queries worth an answer. Checks go from cheap to dear (docs/protocol.md, rule
 * 2.4), and a signature is verified last.
 */
import {
  type Announcement,
  formatQuery,
  type Group,
  parseAnnouncement,
  parseQuery,
  type Query,
  queryGroup,
  releaseGroup,
} from "@infield/shared/announce";
import type { Channel } from "@infield/shared/records";
import { debug } from "../host/debug.ts";
import type { OnEvent, Verdict } from "../laptop/events.ts";
import type { Clock } from "../timing/clock.ts";
import { createLimiter, type Limiter } from "../timing/token-bucket.ts";
import type { Beacon } from "./beacon.ts";
import type { Datagram } from "./datagram.ts";
import { Proofs } from "./proofs.ts";
import type { Source } from "./source.ts";

const log = debug("announce");

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
  /** A packet of this laptop's own came from this address, or of one that has its id. */
  onOwnId(address: string): void;
  /** Somebody at this address says to have `version`, or to be fetching it. */
  onSeen(version: number, address: string): void;
  readonly onEvent: OnEvent;
}

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

/** While holders of a version are looked for. */
interface Looking {
  readonly version: number;
  /** By address. */
  readonly found: Map<string, Source>;
}

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #mayAsk: Limiter;
  readonly #proofs: Proofs;
  #following = 0;
  #isAsleep = false;
  #joined: Group[] = [];
  #looking: Looking | undefined;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#mayAsk = createLimiter(options.clock, QUERIES.one, QUERIES.all);
    this.#proofs = new Proofs(options);
  }

  /** Listens for what is newer than `version`, and no longer for anything else. */
  async follow(version: number): Promise<void> {
    this.#following = version;
    await this.#listen();
  }

  /** What is listened for: something newer than this. */
  following(): number {
    return this.#following;
  }

  /** Before sleep: listens only for what may wake this laptop. */
  async sleep(): Promise<void> {
    this.#isAsleep = true;
    await this.#listen();
  }

  /** Listens as before `sleep`. */
  async wake(): Promise<void> {
    this.#isAsleep = false;
    await this.#listen();
  }

  /** Tells which groups this laptop is in now. */
  tellListening(): void {
    const { beacon, onEvent } = this.#options;
    const version = this.#following + 1;
    const [groups, interfaces] = [beacon.groups(), beacon.interfaces()];
    onEvent({ event: "listening", version, groups, interfaces });
  }

  /** Asks the neighbours for something newer; `classroom`: also to connect and report. */
  ask(classroom: boolean): void {
    this.#query(this.#following, classroom);
  }

  /**
   * Laptops that have this version, asked now: a few, from the addresses their answers came from.
   * Such an answer is no more than a hint, signed or not, as nothing that they give is believed.
   */
  async findHolders(version: number, signal: AbortSignal): Promise<Source[]> {
    const { beacon, channelId, clock } = this.#options;
    const found = new Map<string, Source>();
    this.#looking = { version, found };
    const group = releaseGroup(channelId, version, false);
    await beacon.join(group);
    // Answers to who asks for something newer than the version before come to the group of this one
    // (docs/protocol.md, 2.10).
    this.#query(version - 1, false);
    // Of many who could answer a few do, by chance, which once in fifty times are none.
    const cancelSecond = clock.startTimer(HOLDERS_MS / 2, () => this.#query(version - 1, false));
    await pause(clock, HOLDERS_MS, signal);
    cancelSecond();
    this.#looking = undefined;
    if (!this.#joined.some((one) => one.ipv6 === group.ipv6)) beacon.leave(group);
    return [...found.values()];
  }

  /** Takes the datagrams of the beacon. */
  onDatagram(datagram: Datagram): void {
    const { channelId, laptopId } = this.#options;
    const packet = parseAnnouncement(datagram.bytes) ?? parseQuery(datagram.bytes);
    if (packet === undefined || packet.channel !== prefixOf(channelId)) return;
    if (packet.sender.id === laptopId) this.#options.onOwnId(datagram.address);
    if (packet.sender.id === laptopId || packet.sender.port < FIRST_PORT) return;
    if ("signed" in packet) this.#hearAnnouncement(packet, datagram);
    else this.#hearQuery(packet, datagram);
  }

  #hearAnnouncement(announcement: Announcement, datagram: Datagram): void {
    const { version } = announcement;
    this.#noteHolder(announcement, datagram.address);
    const wanted = version > this.#following && this.#options.wants(announcement);
    const verdict = wanted ? this.#proofs.judge(announcement, datagram.address) : "not-wanted";
    this.#tell("announcement", version, datagram, verdict);
    if (verdict !== "taken") return;
    const isProven = this.#proofs.has(announcement);
    if (isProven) this.#options.onSeen(version, datagram.address);
    this.#options.onAnnouncement(announcement, datagram.address, isProven);
  }

  #noteHolder({ version, sender, partial }: Announcement, address: string): void {
    const looking = this.#looking;
    if (looking?.version !== version || partial || looking.found.size >= MAX_HOLDERS) return;
    looking.found.set(`${address} ${sender.port}`, { address, port: sender.port, id: sender.id });
  }

  #hearQuery(query: Query, datagram: Datagram): void {
    const verdict = this.#mayAsk(datagram.address) ? "taken" : "too-many";
    this.#tell("query", query.version, datagram, verdict);
    if (verdict !== "taken") return;
    this.#options.onSeen(query.version, datagram.address);
    this.#options.onQuery(query, datagram.address);
  }

  #tell(
    kind: "announcement" | "query",
    version: number,
    { address: from, group, received }: Datagram,
    verdict: Verdict,
  ): void {
    log("%s of version %d from %s: %s", kind, version, from, verdict);
    this.#options.onEvent({ event: "packet", kind, version, from, group, received, verdict });
  }

  #query(version: number, classroom: boolean): void {
    const { beacon, channelId, peerPort, laptopId } = this.#options;
    const sender = { port: peerPort, id: laptopId };
    log("ask for something newer than version %d", version);
    const query = { channel: prefixOf(channelId), version, classroom, sender };
    beacon.send(queryGroup(channelId), formatQuery(query));
  }

  async #listen(): Promise<void> {
    const { beacon } = this.#options;
    const wanted = this.#wantedGroups();
    const stale = this.#joined.filter((group) => !wanted.some((one) => one.ipv6 === group.ipv6));
    this.#joined = wanted;
    for (const group of stale) beacon.leave(group);
    await Promise.all(wanted.map((group) => beacon.join(group)));
    this.tellListening();
  }

  #wantedGroups(): Group[] {
    const { channelId } = this.#options;
    const next = this.#following + 1;
    const urgent = releaseGroup(channelId, next, true);
    if (this.#isAsleep) return [urgent];
    return [releaseGroup(channelId, next, false), urgent, queryGroup(channelId)];
  }
}

/** The channel as packets name it: the first half of its id. */
function prefixOf(channelId: string): string {
  return channelId.slice(0, 16);
}

/** Ends early at the signal. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.startTimer(ms, resolve);
    signal.addEventListener("abort", () => {
      cancel();
      resolve();
    });
  });
}
