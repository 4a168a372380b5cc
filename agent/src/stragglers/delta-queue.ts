/**
 * Deltas that are waiting to be made, one after another in the background. None takes longer than
 * it can be of use, and one that failed is left alone for a while (docs/protocol.md, rule 8.4).
 */
import { InfieldError } from "@infield/shared/base";
import type { BlobRecord } from "@infield/shared/records";
import { debug } from "../host/debug.ts";
import type { OnEvent } from "../laptop/events.ts";
import type { Clock } from "../timing/clock.ts";
import { pairName, type VersionPair } from "./version-pair.ts";

const log = debug("deltas");

interface DeltaQueueOptions {
  readonly clock: Clock;
  /** Makes the delta and keeps it. */
  make(from: number, to: number, signal: AbortSignal): Promise<BlobRecord>;
  readonly onEvent: OnEvent;
}

/** Deltas that wait while one is made: a class is rarely at more versions than this. */
const MAX_WAITING = 4;
/**
 * In this time a slow laptop makes a delta of 30 MB of changed programs; a straggler that waits
 * longer has taken another route.
 */
const MAKE_MS = 10 * 60_000;
/** After a failure; memory, disk and mains power may be back by then. */
const PAUSE_MS = 5 * 60_000;

export class DeltaQueue {
  readonly #options: DeltaQueueOptions;
  readonly #waiting: VersionPair[] = [];
  readonly #pausedUntil = new Map<string, number>();
  #making: { readonly pair: VersionPair; readonly abort: AbortController } | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: DeltaQueueOptions) {
    this.#options = options;
  }

  /** True while this delta is made, or waits for that. */
  has(pair: VersionPair): boolean {
    return [this.#making?.pair, ...this.#waiting].some(
      (other) => other?.from === pair.from && other.to === pair.to,
    );
  }

  /** False when too many wait already, or this one failed a moment ago. */
  hasPlaceFor(pair: VersionPair): boolean {
    if (this.#isStopped || this.#waiting.length >= MAX_WAITING) return false;
    return this.#options.clock.now() >= (this.#pausedUntil.get(pairName(pair)) ?? 0);
  }

  /** Has this delta made when its turn comes. */
  add(pair: VersionPair): void {
    log("delta %s waits to be made, behind %d", pairName(pair), this.#waiting.length);
    this.#waiting.push(pair);
    this.#running ??= this.#run();
  }

  /** Gives up what is not worth making any more; what failed may be tried again at once. */
  keepOnly(isWorthMaking: (pair: VersionPair) => boolean): void {
    this.#pausedUntil.clear();
    this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter(isWorthMaking));
    if (this.#making && !isWorthMaking(this.#making.pair)) this.#making.abort.abort();
  }

  /** Gives up everything; resolves once what is being made has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waiting.length = 0;
    this.#making?.abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const next = () => (this.#isStopped ? undefined : this.#waiting.shift());
    for (let pair = next(); pair; pair = next()) await this.#make(pair);
    this.#running = undefined;
  }

  /** Never throws: a straggler learns of a failure when it asks again. */
  async #make(pair: VersionPair): Promise<void> {
    const { clock, make, onEvent } = this.#options;
    const abort = new AbortController();
    const cancel = clock.startTimer(MAKE_MS, () => abort.abort());
    this.#making = { pair, abort };
    log("delta %s is being made", pairName(pair));
    onEvent({ event: "delta", state: "making", ...pair });
    try {
      const { bytes } = await make(pair.from, pair.to, abort.signal);
      log("delta %s has %d bytes", pairName(pair), bytes);
      onEvent({ event: "delta", state: "made", ...pair, bytes });
    } catch (error) {
      this.#pausedUntil.set(pairName(pair), clock.now() + PAUSE_MS);
      log("delta %s failed: %s", pairName(pair), error);
      const reason = error instanceof InfieldError ? error.message : "it was given up";
      onEvent({ event: "delta", state: "failed", ...pair, reason });
    } finally {
      cancel();
      this.#making = undefined;
    }
  }
}
