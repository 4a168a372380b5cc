/**
 * The announcer tells of one release, ever more seldom: intervals double as in Trickle (RFC 6206,
 * 4.2), so that a room of laptops costs next to nothing once everybody has heard. It never joins
 * the groups it sends to, as the room would wake it; so instead of counting what others say, it
 * speaks by chance, as often as the size of the room asks for (docs/protocol.md, 2.7).
 */
import { type Group, releaseGroup } from "@infield/shared/announce";
import { debug } from "../host/debug.ts";
import type { Clock } from "../timing/clock.ts";

const log = debug("announce");

/** What is announced, and the packet that says it. */
export interface Announced extends Said {
  /**
   * The newest release up to this one that is urgent, itself perhaps: whoever sleeps below it has
   * to wake.
   */
  readonly urgent: Said | undefined;
}

interface Said {
  readonly version: number;
  readonly packet: Uint8Array;
}

export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly channelId: string;
  send(group: Group, packet: Uint8Array): void;
  /** Laptops here that have this version or a newer one, this one included, as far as it knows. */
  laptopsWith(version: number): number;
}

/**
 * First and longest interval (Trickle's Imin and Imax): heard within a second, and at rest one
 * packet an hour.
 */
const FIRST_INTERVAL_MS = 1_000;
const LAST_INTERVAL_MS = 3_600_000;
/** How many of a room speak in an interval, on average (Trickle's k). */
const SPEAKERS = 2;
/**
 * How many of those who could answer a question do: when a third of all packets is lost, one in a
 * hundred stays unanswered.
 */
const ANSWERERS = 4;
/**
 * Where one packet has to be enough it goes out three times: the first is often lost to the laptop
 * that it wakes.
 */
const COPIES = 3;
/**
 * Between copies: longer than a network card takes to wake its laptop's receiver, shorter than it
 * stays awake.
 */
const COPY_GAP_MS = 200;
/**
 * How far behind a laptop may be to hear of a release without asking: n-1 … n-7 groups, at half, a
 * quarter, … the rate.
 */
export const STRAGGLER_GROUPS = 7;
/**
 * An answer waits up to this long, so that those who heard the question do not answer at once, and
 * there is one in this time whatever versions are asked for: a question is unsigned and small,
 * three packets to a room are not.
 */
const ANSWER_MS = 1_000;
/**
 * Versions that wait for their answer; beyond them questions are not heard, and are asked again.
 */
const MAX_ASKED = 8;
/**
 * Pieces that are here are told of within this: thirty laptops have their first ones at about the
 * same moment.
 */
const SHARE_MS = 500;
/**
 * Then after these intervals: by the first of them a class has met, and nobody who comes later
 * waits longer than the last.
 */
const FIRST_SHARE_INTERVAL_MS = 2_000;
const LAST_SHARE_INTERVAL_MS = 60_000;

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #timers = new Set<() => void>();
  /** What laptops that asked have; the first of them is answered next. */
  readonly #asked = new Set<number>();
  #current: Announced | undefined;
  #isAnswering = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Begins to tell of a release, in place of any other. */
  announce(release: Announced): void {
    this.stop();
    log("announce version %d", release.version);
    this.#current = release;
    this.#speakFirst(release);
    this.#runInterval(release, 1, FIRST_INTERVAL_MS);
  }

  /**
   * Tells laptops at `version`, which asked, of the current release, after a random moment and in
   * their turn.
   */
  answer(version: number): void {
    const release = this.#current;
    if (release === undefined || release.version <= version || this.#asked.size >= MAX_ASKED)
      return;
    this.#asked.add(version);
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    this.#after(this.#options.clock.random() * ANSWER_MS, () => this.#answerNext(release));
  }

  /**
   * Tells whoever wants a release that pieces of it are here, beside what is announced, until what
   * it returns is called (docs/protocol.md, rule 2.13).
   */
  share({ version, packet }: Said): () => void {
    const { clock, channelId, send } = this.#options;
    // Once each time, to the one group: whoever fetches it is in there, and awake.
    const group = releaseGroup(channelId, version, false);
    let cancel = () => {};
    function speakIn(ms: number, nextMs: number): void {
      cancel = clock.startTimer(ms, () => {
        send(group, packet);
        speakIn((nextMs / 2) * (1 + clock.random()), Math.min(nextMs * 2, LAST_SHARE_INTERVAL_MS));
      });
    }
    speakIn(clock.random() * SHARE_MS, FIRST_SHARE_INTERVAL_MS);
    return () => cancel();
  }

  /** Falls silent. */
  stop(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#asked.clear();
    this.#isAnswering = false;
    this.#current = undefined;
  }

  /**
   * The first in the room to have it tells everybody, stragglers too. Whoever has it from others
   * knows that they were told.
   */
  #speakFirst(release: Announced): void {
    if (this.#options.laptopsWith(release.version) > 1) return;
    this.#speak(release, 0, COPIES);
    for (let behind = 1; behind <= furthestBehind(release); behind++)
      this.#speak(release, behind, 1);
  }

  /**
   * One interval: speaks, or not, at a random moment of its second half, then begins the next,
   * twice as long.
   */
  #runInterval(release: Announced, count: number, lengthMs: number): void {
    this.#after((lengthMs / 2) * (1 + this.#options.clock.random()), () => {
      const copies = release.urgent?.version === release.version ? COPIES : 1;
      if (this.#isOurTurn(release.version, SPEAKERS))
        this.#speak(release, behindAt(release, count), copies);
    });
    this.#after(lengthMs, () =>
      this.#runInterval(release, count + 1, Math.min(lengthMs * 2, LAST_INTERVAL_MS)),
    );
  }

  /** Answers the longest waiting question, and the others after it, one in a second. */
  #answerNext(release: Announced): void {
    const [version] = this.#asked;
    this.#isAnswering = version !== undefined;
    if (version === undefined) return;
    this.#asked.delete(version);
    if (this.#isOurTurn(version + 1, ANSWERERS)) this.#tell(release, version);
    this.#after(ANSWER_MS, () => this.#answerNext(release));
  }

  /** Tells those at `version`, who asked. */
  #tell({ version: newest, packet, urgent }: Announced, version: number): void {
    log("answer those at version %d", version);
    const group = releaseGroup(this.#options.channelId, version + 1, false);
    this.#sendCopies(COPIES, group, packet);
    // So that the asker does not wait for a better moment (docs/protocol.md, rule 2.15).
    if (urgent && urgent.version > version && urgent.version < newest)
      this.#sendCopies(COPIES, group, urgent.packet);
  }

  #speak({ version, urgent, packet }: Announced, behind: number, copies: number): void {
    const { channelId } = this.#options;
    const to = version - behind;
    this.#sendCopies(copies, releaseGroup(channelId, to, false), packet);
    if (urgent && to <= urgent.version)
      this.#sendCopies(copies, releaseGroup(channelId, to, true), urgent.packet);
  }

  #sendCopies(copies: number, group: Group, packet: Uint8Array): void {
    for (let copy = 0; copy < copies; copy++)
      this.#after(copy * COPY_GAP_MS, () => this.#options.send(group, packet));
  }

  /** Of all who have `version`, about `speakers` are told yes. */
  #isOurTurn(version: number, speakers: number): boolean {
    const { clock, laptopsWith } = this.#options;
    return clock.random() * laptopsWith(version) < speakers;
  }

  #after(ms: number, run: () => void): void {
    const cancel = this.#options.clock.startTimer(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}

/** Nobody waits for version 0. */
function furthestBehind({ version }: Announced): number {
  return Math.min(STRAGGLER_GROUPS, version - 1);
}

/**
 * To whom interval number `count` (from 1) speaks: every second to laptops at n-1, every fourth to
 * those at n-2, every eighth to those at n-3, …: the zeros that the number ends with. What is left
 * over is for those at n-1 again.
 */
function behindAt(release: Announced, count: number): number {
  const zeros = 31 - Math.clz32(count & -count);
  return zeros <= furthestBehind(release) ? zeros : 0;
}
