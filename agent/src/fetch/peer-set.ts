/**
 * The peer set of one blob: the neighbours that take part in its swarm. Whoever lies, crawls or is
 * gone is left, and another one is dialled in its place (docs/protocol.md, section 10).
 */
import { type BlobRecord, damaged, pieceCount } from "@infield/shared/records";
import type { Membership, Swarm } from "@infield/shared/transfer";
import type { Bans } from "../peers/bans.ts";
import type { Links } from "../peers/links.ts";
import { isWrongBytes } from "../peers/neighbour-fault.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { Clock } from "../timing/clock.ts";
import { isSamePeer, type SourceDialler } from "./source-dialler.ts";

export interface PeerSetOptions {
  readonly clock: Clock;
  readonly links: Links;
  readonly bans: Bans;
  readonly dialler: SourceDialler;
  readonly swarm: Swarm;
  readonly blob: BlobRecord;
}

/**
 * Neighbours with pieces that a laptop wants to be connected to: a few of them may go, and they are
 * few enough for a busy channel.
 */
const WANTED = 8;
/** Neighbours dialled for one release, including those that turned out to have nothing new. */
const MAX_DIALLED = 16;
/** Between two dials, half of it to all of it: the room has time to find out who has what. */
const DIAL_MS = 500;

export class PeerSet {
  readonly #options: PeerSetOptions;
  /** By connection; undefined while a neighbour is being asked what it has. */
  readonly #members = new Map<PeerLink, Membership | undefined>();
  #isOver = false;
  #cancelDial = () => {};
  readonly #stopListening: () => void;

  /** Has everybody join who is connected, now and later, and dials as many as are needed. */
  constructor(options: PeerSetOptions) {
    this.#options = options;
    this.#stopListening = options.links.onOpen((link) => void this.#invite(link));
    this.#fill();
  }

  /** Everybody leaves, and nobody joins any more. */
  close(): void {
    this.#isOver = true;
    this.#cancelDial();
    this.#stopListening();
    for (const link of [...this.#members.keys()]) this.#dismiss(link);
  }

  async #invite(link: PeerLink): Promise<void> {
    const isMember = [...this.#members.keys()].some((other) => isSamePeer(link, other));
    if (this.#isOver || isMember || this.#options.bans.has(link)) return;
    this.#members.set(link, undefined);
    void link.closed.then(() => {
      this.#remove(link);
      this.#fill();
    });
    try {
      const { swarm, blob } = this.#options;
      const member = await askToJoin(swarm, blob, link, (error) => this.#expel(link, error));
      if (this.#isOver || !this.#members.has(link)) member.leave();
      else this.#members.set(link, member);
    } catch (error) {
      if (!this.#isOver) this.#expel(link, error);
    }
  }

  #remove(link: PeerLink): void {
    this.#members.get(link)?.leave();
    this.#members.delete(link);
  }

  #dismiss(link: PeerLink): void {
    this.#remove(link);
    link.asker.unfollowPieces(this.#options.blob.root);
  }

  #expel(link: PeerLink, error: unknown): void {
    const { bans, links, dialler } = this.#options;
    this.#dismiss(link);
    if (isWrongBytes(error)) {
      bans.lied(link);
      // And all that are banned with it: there may be several liars at one address.
      for (const one of links.all()) if (bans.has(one)) one.close();
    } else {
      bans.failed(link);
      if (dialler.hasDialled(link)) link.release();
    }
    this.#fill();
  }

  /** Dials one more as long as there are too few, or none of them has anything new. */
  #fill(): void {
    if (this.#isOver) return;
    const { clock, dialler } = this.#options;
    // Of two connections to one laptop, the one that was used may have ended.
    for (const link of dialler.usable()) void this.#invite(link);
    this.#cancelDial();
    const pauseMs = (DIAL_MS / 2) * (1 + clock.random());
    this.#cancelDial = clock.startTimer(pauseMs, () => this.#fill());
    if (!this.#needsMore()) return;
    const source = dialler.next();
    if (source === undefined) return;
    if (dialler.count() >= MAX_DIALLED) this.#dismissOne();
    // Whoever cannot be reached rests, and the next one is dialled at once.
    dialler.dial(source).catch(() => this.#fill());
  }

  #needsMore(): boolean {
    const having = [...this.#members.values()].filter((member) => member?.hasAny()).length;
    return having < WANTED || this.#options.swarm.useful() === 0;
  }

  /** Makes way for another: the one that has been here longest, of those dialled from here. */
  #dismissOne(): void {
    const { dialler } = this.#options;
    const oldest = [...this.#members.keys()].find((link) => dialler.hasDialled(link));
    if (oldest === undefined) return;
    this.#dismiss(oldest);
    oldest.release();
  }
}

/**
 * Asks a neighbour what it has and lets it take part. Throws `blob-damaged` for an answer of a
 * wrong length, `peer-failed`.
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
