/**
 * Those whom one release is fetched from: everybody who is connected, whoever dialled, and a few
 * more of those who announced it. Who lies, crawls or is gone is left, and somebody else dialled
 * (docs/protocol.md, section 10).
 */
import { type BlobRecord, damaged, pieceCount } from "@infield/shared/records";
import { type Asker, type Membership, peerFailed, type Swarm } from "@infield/shared/transfer";
import type { Source } from "../discovery/offers.ts";
import type { Bans } from "../peers/bans.ts";
import type { Links } from "../peers/links.ts";
import { isNeighboursFault, isWrongBytes } from "../peers/neighbour-fault.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { Clock } from "../timing/clock.ts";
import type { BlobSource } from "./fetch-blob.ts";

export interface PieceSourcesOptions {
  readonly clock: Clock;
  readonly links: Links;
  readonly bans: Bans;
  /** Who announced the release, or pieces of it, so far. */
  sources(): Iterable<Source>;
  dial(source: Source, signal: AbortSignal): Promise<PeerLink>;
  readonly signal: AbortSignal;
}

export interface PieceSources extends BlobSource {
  /** Connects to a source for what only one is asked for. Throws what `dial` throws. */
  dial(source: Source): Promise<PeerLink>;
  /** Lets go of those who were dialled, as soon as they fetch nothing from here. */
  close(): void;
}

/**
 * Neighbours with pieces that somebody who fetches wants to be connected with: a few may go, and
 * few enough for a crowded channel.
 */
const WANTED = 8;
/** Neighbours dialled for one release, with those that turned out to have nothing new. */
const MAX_DIALLED = 16;
/** Between two dials, half of it to all of it: the room has time to find out who has what. */
const DIAL_MS = 500;
/**
 * Somebody who could not be reached is dialled again after this; `dial` itself waits longer where
 * nobody said hello.
 */
const REDIAL_MS = 10_000;

/** One blob's members, by their connection; undefined while they are being asked what they have. */
type Met = Map<PeerLink, Membership | undefined>;

export function createPieceSources(options: PieceSourcesOptions): PieceSources {
  const { clock, links, bans, signal } = options;
  const dialled = new Set<PeerLink>();
  const restsUntil = new Map<Source, number>();

  async function dial(source: Source): Promise<PeerLink> {
    restsUntil.set(source, clock.now() + REDIAL_MS);
    const link = await options.dial(source, signal);
    if (link.id !== source.id) {
      // Or whoever is banned under one name would come back under the other.
      link.close();
      throw peerFailed("is not the laptop that announced itself");
    }
    dialled.add(link);
    void link.closed.then(() => dialled.delete(link));
    return link;
  }

  const usable = () => links.all().filter((link) => !bans.has(link));
  const isSame = (a: Source | PeerLink, b: PeerLink) => a.address === b.address && a.id === b.id;

  function nextSource(): Source | undefined {
    const fresh = [...options.sources()].filter(
      (source) =>
        clock.now() >= (restsUntil.get(source) ?? 0) &&
        !bans.has(source) &&
        !links.all().some((link) => isSame(source, link)),
    );
    // A laptop is heard at an address of each family: two connections to it bring no pieces that
    // one does not.
    const strangers = fresh.filter(({ id }) => !links.all().some((link) => link.id === id));
    const candidates = strangers.length > 0 ? strangers : fresh;
    return candidates[Math.floor(clock.random() * candidates.length)];
  }

  async function ask<T>(question: (asker: Asker, source: string) => Promise<T>): Promise<T> {
    let failure: unknown = peerFailed("is not there");
    const asked = new Set<PeerLink>();
    for (;;) {
      const link = usable().find((one) => !asked.has(one));
      const source = link ? undefined : nextSource();
      if (link === undefined && source === undefined) throw failure;
      try {
        if (source) await dial(source);
        if (link) {
          asked.add(link);
          return await question(link.asker, `${link.address} ${link.id}`);
        }
      } catch (error) {
        failure = error;
        if (link && isWrongBytes(error)) bans.lied(link);
        if (signal.aborted || !isNeighboursFault(error)) throw error;
      }
    }
  }

  function joinAll(swarm: Swarm, blob: BlobRecord): () => void {
    const met: Met = new Map();
    let over = false;
    let cancelDial = () => {};

    async function meet(link: PeerLink): Promise<void> {
      const isKnown = [...met.keys()].some((other) => isSame(link, other));
      if (over || isKnown || bans.has(link)) return;
      met.set(link, undefined);
      void link.closed.then(() => {
        part(link);
        look();
      });
      try {
        const member = await askToJoin(swarm, blob, link, (error) => expel(link, error));
        if (over || !met.has(link)) member.leave();
        else met.set(link, member);
      } catch (error) {
        if (!over) expel(link, error);
      }
    }

    function part(link: PeerLink): void {
      met.get(link)?.leave();
      met.delete(link);
    }

    function expel(link: PeerLink, error: unknown): void {
      part(link);
      link.asker.unfollowPieces(blob.root);
      if (isWrongBytes(error)) {
        bans.lied(link);
        // All that is banned with it: several may lie at one address.
        for (const one of links.all()) if (bans.has(one)) one.close();
      } else {
        bans.failed(link);
        if (dialled.has(link)) link.release();
      }
      look();
    }

    /** Dials one more as long as there are too few, or none of them has anything new. */
    function look(): void {
      if (over) return;
      // Of two connections to one laptop the other may have ended.
      for (const link of usable()) void meet(link);
      cancelDial();
      cancelDial = clock.startTimer((DIAL_MS / 2) * (1 + clock.random()), look);
      const having = [...met.values()].filter((member) => member?.hasAny()).length;
      if (having >= WANTED && swarm.useful() > 0) return;
      const source = nextSource();
      if (source === undefined) return;
      if (dialled.size >= MAX_DIALLED) makeRoom();
      // Whoever cannot be reached rests, and the next one is dialled at once.
      dial(source).catch(look);
    }

    function makeRoom(): void {
      const idle = [...met.keys()].find((link) => dialled.has(link));
      if (idle === undefined) return;
      part(idle);
      idle.asker.unfollowPieces(blob.root);
      idle.release();
    }

    const stopListening = links.onOpen((link) => void meet(link));
    look();
    return () => {
      over = true;
      cancelDial();
      stopListening();
      for (const link of [...met.keys()]) {
        part(link);
        link.asker.unfollowPieces(blob.root);
      }
    };
  }

  return {
    dial,
    ask,
    joinAll,
    close() {
      for (const link of dialled) link.release();
    },
  };
}

/**
 * Asks a neighbour what it has and has it take part. Throws `blob-damaged` for an answer of a wrong
 * length, `peer-failed`.
 */
async function askToJoin(
  swarm: Swarm,
  { root, bytes }: BlobRecord,
  { asker }: PeerLink,
  onLeft: (error: Error) => void,
): Promise<Membership> {
  const early: number[] = [];
  let gain = (indexes: readonly number[]): void => {
    early.push(...indexes);
  };
  const bits = await asker.followPieces(root, (indexes) => gain(indexes));
  const length = Math.ceil(pieceCount(bytes) / 8);
  if (bits.length !== 0 && bits.length !== length)
    throw damaged("a neighbour has another number of pieces");
  const member = swarm.join({
    bits: bits.length === 0 ? new Uint8Array(length) : bits,
    askPiece: (index) => asker.askPiece(root, index),
    onLeft,
  });
  gain = member.gain;
  member.gain(early);
  return member;
}
