/**
 * Whom this laptop connects to without having heard of a release there: those whom a person named,
 * for as long as it runs; and, while multicast brings nothing in, a few of those who said hello
 * once or are seen by presence (docs/protocol.md, section 6).
 */
import { formatPeerAddress, type PeerAddress } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import { type AddressBook, samePeer } from "../laptop/address-book.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { Clock } from "../timing/clock.ts";
import type { PacketLinks } from "./packet-links.ts";

interface KnownPeersOptions {
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

export interface KnownPeers {
  /** Begins to dial; once more after `stop`. */
  start(): void;
  /**
   * Dials a laptop that a person named, and keeps it once it said hello. Throws what `dialPeer`
   * throws, `peer-failed` when it is this laptop itself, and what `AddressBook.addTyped` throws.
   */
  connect(peer: PeerAddress, signal: AbortSignal): Promise<void>;
  /** Forgets one. False when nobody knew it. */
  disconnect(peer: PeerAddress): Promise<boolean>;
  /** Something came by multicast: who was only visited for want of that is let go. */
  hearMulticast(): void;
  /** Dials at once whoever is waited for: a person asks. */
  retry(): void;
  /** Whom a person named, and whether there is a connection. */
  list(): { host: string; port: number; connected: boolean }[];
  /** Lets go of all, as before sleep, and resolves once they are gone. */
  stop(): Promise<void>;
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
/**
 * Between two tries to reach a laptop that a person named, doubled with each failure; drawn from
 * half of it to all of it.
 */
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 30 * 60_000;
/** A connection that lasted so long was none of the failures that make the pause longer. */
const STEADY_MS = 60_000;

interface Kept {
  readonly peer: PeerAddress;
  readonly ending: AbortController;
  readonly ended: Promise<void>;
  link?: PeerLink | undefined;
}

export function createKnownPeers(options: KnownPeersOptions): KnownPeers {
  const { clock, book, packets } = options;
  const kept = new Map<string, Kept>();
  const pauses = new Set<() => void>();
  const visits = new Set<PeerLink>();
  let stopping = new AbortController();
  let heard = false;
  let visiting: Promise<void> = Promise.resolve();
  let cancelLook = () => {};

  async function dial({ host, port }: PeerAddress, signal: AbortSignal): Promise<PeerLink> {
    const link = await options.dial(host, port, signal);
    if (link.id !== options.laptopId) return link;
    link.close();
    throw new InfieldError(
      "peer-failed",
      `${host} port ${port} is this laptop itself`,
      "give the address of another one; `infield peers` prints it there",
    );
  }

  /** The connection outlives whoever asked for it: a signal of theirs only ends the dialling. */
  async function dialWhile(asking: AbortSignal, peer: PeerAddress): Promise<PeerLink> {
    const dialling = new AbortController();
    const stop = () => dialling.abort(asking.reason);
    asking.addEventListener("abort", stop);
    if (asking.aborted) stop();
    try {
      return await dial(peer, AbortSignal.any([dialling.signal, stopping.signal]));
    } finally {
      asking.removeEventListener("abort", stop);
    }
  }

  /**
   * Keeps a laptop connected that a person named; `first` is a connection that is there already.
   */
  function keep(peer: PeerAddress, first?: PeerLink): void {
    const name = formatPeerAddress(peer);
    if (kept.has(name)) {
      first?.close();
      return;
    }
    const ending = new AbortController();
    const one: Kept = { peer, ending, ended: Promise.resolve().then(() => run()) };
    kept.set(name, one);

    async function run(): Promise<void> {
      let failures = 0;
      for (let link = first; !ending.signal.aborted; link = undefined) {
        const since = clock.now();
        link ??= await dial(peer, ending.signal).catch(() => undefined);
        if (link) await stay(one, link);
        if (clock.now() - since > STEADY_MS) failures = 0;
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures++, LAST_PAUSE_MS);
        await pause((pauseMs / 2) * (1 + clock.random()), ending.signal);
      }
    }
  }

  /** Until it is gone, and the other connection to the same laptop too that took its place. */
  async function stay(one: Kept, link: PeerLink): Promise<void> {
    const { signal } = one.ending;
    const end = () => link.close();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    else packets.begin(link);
    one.link = link;
    await link.closed;
    signal.removeEventListener("abort", end);
    for (let twin = packets.twinOf(link); twin && !signal.aborted; twin = packets.twinOf(link)) {
      one.link = twin;
      await goneOrAborted(twin, signal);
    }
    one.link = undefined;
  }

  /** Ends early at the signal, or when all are tried again. */
  function pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        pauses.delete(end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = clock.startTimer(ms, end);
      pauses.add(end);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
  }

  function look(): void {
    cancelLook = clock.startTimer((QUIET_MS / 2) * (1 + clock.random()), look);
    if (!heard) visiting = visit();
    heard = false;
  }

  /** Dials some who said hello once or were seen, in any order, until enough of them are there. */
  async function visit(): Promise<void> {
    const typed = [...book.typed(), ...options.named];
    const others = [...book.met(), ...options.seen()].filter((peer) => !typed.some(samePeer(peer)));
    const candidates = others.filter((peer, i) => others.findIndex(samePeer(peer)) === i);
    for (const peer of draw(candidates, MAX_TRIES)) {
      if (heard || stopping.signal.aborted || visits.size >= MAX_VISITS) return;
      const link = await dial(peer, stopping.signal).catch(() => undefined);
      if (link) receive(link);
    }
  }

  function receive(link: PeerLink): void {
    if (heard || stopping.signal.aborted) {
      link.close();
      return;
    }
    visits.add(link);
    void link.closed.then(() => visits.delete(link));
    packets.begin(link);
  }

  function draw<T>(from: readonly T[], count: number): T[] {
    const left = [...from];
    return Array.from({ length: Math.min(count, left.length) }, () =>
      left.splice(Math.floor(clock.random() * left.length), 1),
    ).flat();
  }

  function retry(): void {
    for (const end of [...pauses]) end();
  }

  return {
    start() {
      stopping = new AbortController();
      heard = false;
      for (const peer of [...options.named, ...book.typed()]) keep(peer);
      cancelLook = clock.startTimer(FIRST_LOOK_MS, look);
    },
    async connect(peer, signal) {
      const link = await dialWhile(signal, peer);
      await book.addTyped(peer).catch((error: unknown) => {
        link.close();
        throw error;
      });
      keep(peer, link);
      // It may have been named before, and be waited for.
      retry();
    },
    async disconnect(peer) {
      const one = kept.get(formatPeerAddress(peer));
      kept.delete(formatPeerAddress(peer));
      one?.ending.abort();
      await one?.ended;
      return (await book.remove(peer)) || one !== undefined;
    },
    hearMulticast() {
      heard = true;
      for (const link of visits) link.close();
    },
    retry,
    list: () =>
      [...kept.values()].map(({ peer: { host, port }, link }) => ({
        host,
        port,
        connected: link !== undefined,
      })),
    async stop() {
      cancelLook();
      stopping.abort();
      const links = [...visits];
      for (const link of links) link.close();
      const ended = [...kept.values()].map((one) => one.ended);
      for (const { ending } of kept.values()) ending.abort();
      kept.clear();
      await Promise.all([visiting, ...links.map((link) => link.closed), ...ended]);
    },
  };
}

function goneOrAborted(link: PeerLink, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      signal.removeEventListener("abort", end);
      resolve();
    };
    signal.addEventListener("abort", end);
    void link.closed.then(end);
  });
}
