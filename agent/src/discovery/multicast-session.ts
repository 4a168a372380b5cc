/**
 * What a laptop says and hears on multicast, put together: it listens for what is newer, announces
 * what it has, asks and answers (docs/protocol.md, sections 1 and 2), awake, asleep and in a room
 * that is new to it. Beacon and clock are given, so that a classroom of these runs in a test in no
 * time.
 */
import type { Announcement, Query } from "@infield/shared/announce";
import { type Announced, createAnnouncer } from "./announcer.ts";
import type { Datagram } from "./datagram.ts";
import { createDiscovery, type Discovery, type DiscoveryOptions } from "./discovery.ts";
import { createPeerCount } from "./peer-count.ts";
import { createQueries } from "./queries.ts";

interface MulticastSessionOptions extends Omit<DiscoveryOptions, "onSeen"> {
  /**
   * Asleep as far as it was told, and yet it hears something that it would wake for: nobody told of
   * the waking.
   */
  onWoken(): void;
}

export interface MulticastSession extends Pick<Discovery, "follow" | "findHolders"> {
  /** Takes the datagrams of the beacon. */
  onDatagram(datagram: Datagram): void;
  /** Tells of a release from now on, from the beginning; undefined: of none. */
  announce(release: Announced | undefined): void;
  /** The version that is being announced. */
  announcing(): number | undefined;
  /**
   * Tells whoever fetches a release that pieces of it are here, until what it returns is called.
   */
  share(release: Omit<Announced, "urgent">): () => void;
  /** Asks the neighbours for something newer; `classroom`: also to connect and report. */
  ask(classroom: boolean): void;
  /** Somebody at this address has `version`, as was seen in another way than by a packet. */
  seen(version: number, address: string): void;
  /**
   * Before the laptop sleeps: says nothing, and listens only for what may wake it. Resolves once
   * that is so.
   */
  sleep(): Promise<void>;
  /** After it, or when it slept unawares: listens again, and asks. */
  wake(): Promise<void>;
  /** The network is another one: other laptops, to which everything is new. */
  arrive(): void;
  /** Falls silent for good. */
  stop(): void;
}

export function createMulticastSession(options: MulticastSessionOptions): MulticastSession {
  const { beacon, channelId, clock } = options;
  const peerCount = createPeerCount(clock);
  let asleep = false;
  let announced: Announced | undefined;

  const announcer = createAnnouncer({
    clock,
    channelId,
    // Its intervals go on in the meantime: on a laptop that really sleeps, timers stand still.
    send: (group, packet) => {
      if (!asleep) beacon.send(group, packet);
    },
    laptopsWith: peerCount.count,
  });
  const discovery = createDiscovery({
    ...options,
    onSeen: peerCount.hear,
    onAnnouncement: hearAnnouncement,
    onQuery: hearQuery,
  });
  const queries = createQueries({
    clock,
    version: discovery.following,
    send: () => discovery.ask(false),
  });

  function hearAnnouncement(announcement: Announcement, address: string, proven: boolean): void {
    if (asleep && proven) options.onWoken();
    if (proven) queries.answered();
    options.onAnnouncement(announcement, address, proven);
  }

  function hearQuery(query: Query, address: string): void {
    queries.hear(query.version);
    announcer.answer(query.version);
    options.onQuery(query, address);
  }

  function announce(release: Announced | undefined): void {
    announced = release;
    if (release) announcer.announce(release);
    else announcer.stop();
  }

  /**
   * Those who sleep hear no questions, so they have to be told once more of what they are to wake
   * for.
   */
  function announceUrgent(): void {
    if (announced?.urgent) announcer.announce(announced);
  }

  async function follow(version: number): Promise<void> {
    const before = discovery.following();
    await discovery.follow(version);
    if (version !== before && !asleep) queries.moved();
  }

  return {
    ...{ follow, findHolders: discovery.findHolders, onDatagram: discovery.onDatagram },
    announce,
    announcing: announcer.announcing,
    share: announcer.share,
    ask(classroom) {
      if (classroom) discovery.ask(true);
      else queries.ask();
    },
    seen: peerCount.hear,
    async sleep() {
      asleep = true;
      queries.stop();
      await discovery.sleep();
    },
    async wake() {
      asleep = false;
      await discovery.wake();
      queries.ask();
      announceUrgent();
    },
    arrive() {
      peerCount.forget();
      discovery.tellListening();
      if (asleep) return;
      queries.ask();
      announceUrgent();
    },
    stop() {
      queries.stop();
      announcer.stop();
    },
  };
}
