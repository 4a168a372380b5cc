/**
 * What a laptop says and hears on multicast, put together: it listens for what is newer, announces
 * what it has, asks and answers (docs/protocol.md, sections 1 and 2), awake, asleep and in a room
 * that is new to it. Beacon and clock are given, so that a classroom of these runs in a test in no
 * time.
 */
import type { Announcement, Query } from "@infield/shared/announce";
import { type Announced, Announcer } from "./announcer.ts";
import type { Datagram } from "./datagram.ts";
import { Discovery, type DiscoveryOptions } from "./discovery.ts";
import { createPeerCount, type PeerCount } from "./peer-count.ts";
import { createQueries, type Queries } from "./queries.ts";
import type { Source } from "./source.ts";

export interface MulticastSessionOptions extends Omit<DiscoveryOptions, "onSeen"> {
  /**
   * Asleep as far as it was told, and yet it hears something that it would wake for: nobody told of
   * the waking.
   */
  onWoken(): void;
}

export class MulticastSession {
  readonly #options: MulticastSessionOptions;
  readonly #peerCount: PeerCount;
  readonly #announcer: Announcer;
  readonly #discovery: Discovery;
  readonly #queries: Queries;
  #isAsleep = false;
  #announced: Announced | undefined;

  constructor(options: MulticastSessionOptions) {
    const { beacon, channelId, clock } = options;
    this.#options = options;
    this.#peerCount = createPeerCount(clock);
    this.#announcer = new Announcer({
      ...{ clock, channelId, laptopsWith: this.#peerCount.count },
      // Its intervals go on in the meantime: on a laptop that really sleeps, timers stand still.
      send: (group, packet) => {
        if (!this.#isAsleep) beacon.send(group, packet);
      },
    });
    this.#discovery = new Discovery({
      ...options,
      onSeen: this.#peerCount.hear,
      onAnnouncement: (...heard) => this.#hearAnnouncement(...heard),
      onQuery: (query, address) => this.#hearQuery(query, address),
    });
    this.#queries = createQueries({
      clock,
      version: () => this.#discovery.following(),
      send: () => this.#discovery.ask(false),
    });
  }

  /** Listens for what is newer than `version`, and asks whether there is something newer yet. */
  async follow(version: number): Promise<void> {
    const before = this.#discovery.following();
    await this.#discovery.follow(version);
    if (version !== before && !this.#isAsleep) this.#queries.moved();
  }

  /** Laptops that have this version, asked now (see `Discovery.findHolders`). */
  findHolders(version: number, signal: AbortSignal): Promise<Source[]> {
    return this.#discovery.findHolders(version, signal);
  }

  /** Takes the datagrams of the beacon. */
  onDatagram(datagram: Datagram): void {
    this.#discovery.onDatagram(datagram);
  }

  /** Tells of a release from now on, from the beginning; undefined: of none. */
  announce(release: Announced | undefined): void {
    this.#announced = release;
    if (release) this.#announcer.announce(release);
    else this.#announcer.stop();
  }

  /** Tells whoever fetches a release that pieces of it are here, until the result is called. */
  share(release: Omit<Announced, "urgent">): () => void {
    return this.#announcer.share(release);
  }

  /** Asks the neighbours for something newer; `classroom`: also to connect and report. */
  ask(classroom: boolean): void {
    if (classroom) this.#discovery.ask(true);
    else this.#queries.ask();
  }

  /** Somebody at this address has `version`, as was seen in another way than by a packet. */
  seen(version: number, address: string): void {
    this.#peerCount.hear(version, address);
  }

  /**
   * Before the laptop sleeps: says nothing, and listens only for what may wake it. Resolves once
   * that is so.
   */
  async sleep(): Promise<void> {
    this.#isAsleep = true;
    this.#queries.stop();
    await this.#discovery.sleep();
  }

  /** After it, or when it slept unawares: listens again, and asks. */
  async wake(): Promise<void> {
    this.#isAsleep = false;
    await this.#discovery.wake();
    this.#queries.ask();
    this.#announceUrgent();
  }

  /** The network is another one: other laptops, to which everything is new. */
  arrive(): void {
    this.#peerCount.forget();
    this.#discovery.tellListening();
    if (this.#isAsleep) return;
    this.#queries.ask();
    this.#announceUrgent();
  }

  /** Falls silent for good. */
  stop(): void {
    this.#queries.stop();
    this.#announcer.stop();
  }

  #hearAnnouncement(announcement: Announcement, address: string, isProven: boolean): void {
    if (this.#isAsleep && isProven) this.#options.onWoken();
    if (isProven) this.#queries.answered();
    this.#options.onAnnouncement(announcement, address, isProven);
  }

  #hearQuery(query: Query, address: string): void {
    this.#queries.hear(query.version);
    this.#announcer.answer(query.version);
    this.#options.onQuery(query, address);
  }

  /**
   * Those who sleep hear no questions, so they have to be told once more of what they are to wake
   * for.
   */
  #announceUrgent(): void {
    if (this.#announced?.urgent) this.#announcer.announce(this.#announced);
  }
}
