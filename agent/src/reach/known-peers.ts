/**
 * Whom this laptop connects to without having heard of a release there: those whom a person named,
 * for as long as it runs; and, while multicast brings nothing in, a few of those who said hello
 * once or are seen by presence (docs/protocol.md, section 6).
 */
import { formatPeerAddress, type PeerAddress } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import { debug } from "../host/debug.ts";
import { type AddressBook, samePeer } from "../laptop/address-book.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { Clock } from "../timing/clock.ts";
import { KeptPeer } from "./kept-peer.ts";
import type { PacketLinks } from "./packet-links.ts";

const log = debug("peers");

export interface KnownPeersOptions {
  readonly clock: Clock;
  readonly laptopId: string;
  readonly book: AddressBook;
  /** Whom `--peer` named: kept like typed ones, and not written down. */
  readonly named: readonly PeerAddress[];
  readonly packets: PacketLinks;
  /** Laptops seen otherwise, by presence: hints, as everything is that nobody typed. */
  seen(): readonly PeerAddress[];
  dial(host: string, port: number, signal: AbortSignal): Promise<PeerLink>;
}

/** After the start, queries have been answered or heard by then where multicast works. */
const FIRST_LOOK_MS = 10_000;
/**
 * How long nothing may come by multicast before somebody is visited; drawn from half of it to all
 * of it.
 */
const QUIET_MS = 30 * 60_000;
/** Neighbours visited at a time: one of them is enough for news to come by, and one may leave. */
const MAX_VISITS = 3;
/** Addresses tried for that. */
const MAX_TRIES = 6;
export class KnownPeers {
  readonly #options: KnownPeersOptions;
  /** Whom a person named, by address. */
  readonly #kept = new Map<string, KeptPeer>();
  readonly #visits = new Set<PeerLink>();
  #stopping = new AbortController();
  #isHeard = false;
  #visiting: Promise<void> = Promise.resolve();
  #cancelLook = () => {};

  constructor(options: KnownPeersOptions) {
    this.#options = options;
  }

  /** Begins to dial; once more after `stop`. */
  start(): void {
    const { clock, named, book } = this.#options;
    this.#stopping = new AbortController();
    this.#isHeard = false;
    for (const peer of [...named, ...book.typed()]) this.#keep(peer);
    this.#cancelLook = clock.startTimer(FIRST_LOOK_MS, () => this.#look());
  }

  /**
   * Dials a laptop that a person named, and keeps it once it said hello. Throws what `dialPeer`
   * throws, `peer-failed` when it is this laptop itself, and what `AddressBook.addTyped` throws.
   */
  async connect(peer: PeerAddress, signal: AbortSignal): Promise<void> {
    const link = await this.#dialWhile(signal, peer);
    await this.#options.book.addTyped(peer).catch((error: unknown) => {
      link.close();
      throw error;
    });
    this.#keep(peer, link);
    // It may have been named before, and be waited for.
    this.retry();
  }

  /** Forgets one. False when nobody knew it. */
  async disconnect(peer: PeerAddress): Promise<boolean> {
    const name = formatPeerAddress(peer);
    const one = this.#kept.get(name);
    this.#kept.delete(name);
    await one?.end();
    return (await this.#options.book.remove(peer)) || one !== undefined;
  }

  /** Something came by multicast: who was only visited for want of that is let go. */
  hearMulticast(): void {
    this.#isHeard = true;
    for (const link of this.#visits) link.close();
  }

  /** Dials at once whoever is waited for: a person asks. */
  retry(): void {
    for (const one of this.#kept.values()) one.retry();
  }

  /** Whom a person named, and whether there is a connection. */
  list(): { host: string; port: number; connected: boolean }[] {
    return [...this.#kept.values()].map(({ peer: { host, port }, isConnected }) => ({
      ...{ host, port },
      connected: isConnected,
    }));
  }

  /** Lets go of all, as before sleep, and resolves once they are gone. */
  async stop(): Promise<void> {
    this.#cancelLook();
    this.#stopping.abort();
    const links = [...this.#visits];
    for (const link of links) link.close();
    const ended = [...this.#kept.values()].map((one) => one.end());
    this.#kept.clear();
    await Promise.all([this.#visiting, ...links.map((link) => link.closed), ...ended]);
  }

  #keep(peer: PeerAddress, first?: PeerLink): void {
    const { clock, packets } = this.#options;
    const name = formatPeerAddress(peer);
    if (this.#kept.has(name)) {
      first?.close();
      return;
    }
    const dial = (to: PeerAddress, signal: AbortSignal) => this.#dial(to, signal);
    this.#kept.set(name, new KeptPeer(peer, { clock, packets, dial }, first));
  }

  async #dial({ host, port }: PeerAddress, signal: AbortSignal): Promise<PeerLink> {
    const link = await this.#options.dial(host, port, signal);
    if (link.id !== this.#options.laptopId) return link;
    link.close();
    throw new InfieldError(
      "peer-failed",
      `${host} port ${port} is this laptop itself`,
      "give the address of another one; `infield peers` prints it there",
    );
  }

  /** The connection outlives whoever asked for it: a signal of theirs only ends the dialling. */
  async #dialWhile(asking: AbortSignal, peer: PeerAddress): Promise<PeerLink> {
    const dialling = new AbortController();
    const stop = () => dialling.abort(asking.reason);
    asking.addEventListener("abort", stop);
    if (asking.aborted) stop();
    try {
      return await this.#dial(peer, AbortSignal.any([dialling.signal, this.#stopping.signal]));
    } finally {
      asking.removeEventListener("abort", stop);
    }
  }

  #look(): void {
    const { clock } = this.#options;
    this.#cancelLook = clock.startTimer((QUIET_MS / 2) * (1 + clock.random()), () => this.#look());
    if (!this.#isHeard) this.#visiting = this.#visit();
    this.#isHeard = false;
  }

  /** Dials some who said hello once or were seen, in any order, until enough of them are there. */
  async #visit(): Promise<void> {
    for (const peer of this.#draw(this.#candidates(), MAX_TRIES)) {
      if (this.#isOver() || this.#visits.size >= MAX_VISITS) return;
      log("nothing comes by multicast: visit %s", peer.host);
      const link = await this.#dial(peer, this.#stopping.signal).catch(() => undefined);
      if (link) this.#receive(link);
    }
  }

  #candidates(): PeerAddress[] {
    const { book, named, seen } = this.#options;
    const typed = [...book.typed(), ...named];
    const others = [...book.met(), ...seen()].filter((peer) => !typed.some(samePeer(peer)));
    return others.filter((peer, i) => others.findIndex(samePeer(peer)) === i);
  }

  #receive(link: PeerLink): void {
    if (this.#isOver()) {
      link.close();
      return;
    }
    this.#visits.add(link);
    void link.closed.then(() => this.#visits.delete(link));
    this.#options.packets.begin(link);
  }

  /** There is no need for visits any more. */
  #isOver(): boolean {
    return this.#isHeard || this.#stopping.signal.aborted;
  }

  #draw<T>(from: readonly T[], count: number): T[] {
    const { random } = this.#options.clock;
    const left = [...from];
    return Array.from({ length: Math.min(count, left.length) }, () =>
      left.splice(Math.floor(random() * left.length), 1),
    ).flat();
  }
}
