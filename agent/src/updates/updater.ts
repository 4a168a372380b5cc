/**
 * From "there is release n, and that neighbour has it" to "n is installed here": one release at a
 * time, and a longer pause after each failure.
 *
 *     hear → queue of offers → run loop → policy → take the offer → confirmed, or back off
 */
import type { Announcement, ReleaseSummary } from "@infield/shared/announce";
import { InfieldError, isAbort } from "@infield/shared/base";
import { latestVersion } from "@infield/shared/records";
import { debug } from "../host/debug.ts";
import { type Bans, createBans } from "../peers/bans.ts";
import type { OpenRoot, WritableRoot } from "../store/root/root.ts";
import { waitsAbove } from "../store/root/state.ts";
import { FailureBackoff } from "./failure-backoff.ts";
import { installFromRepository } from "./install-release.ts";
import { type Offer, OfferQueue, releaseName } from "./offer-queue.ts";
import type { UpdatePolicy } from "./policy.ts";
import { Postponement } from "./postponement.ts";
import { proveOffer } from "./prove-offer.ts";
import { RunLoop } from "./run-loop.ts";
import { type TakeOptions, takeOffer } from "./take-offer.ts";
import { Timers } from "./timers.ts";

const log = debug("update");

export interface UpdaterOptions extends Omit<TakeOptions, "bans" | "root"> {
  readonly root: OpenRoot;
  readonly policy: UpdatePolicy;
  /** A release is installed and has passed its health check. */
  onConfirmed(version: number): Promise<void>;
  onFailed(version: number, error: InfieldError): void;
  /** It is time to ask the neighbours once more. */
  onRetry(): void;
}

export class Updater {
  readonly #options: UpdaterOptions;
  readonly #bans: Bans;
  readonly #offers = new OfferQueue();
  readonly #backoff: FailureBackoff;
  readonly #timers: Timers;
  readonly #postponement: Postponement;
  readonly #loop: RunLoop;
  /** Breaks off whatever is under way, and what is taken from neighbours. */
  #stopping = new AbortController();
  #fetching = new AbortController();
  #isStopped = false;

  constructor(options: UpdaterOptions) {
    const { clock, policy, root } = options;
    this.#options = options;
    this.#bans = createBans(clock);
    this.#backoff = new FailureBackoff(clock);
    const timers = new Timers(clock.startTimer);
    this.#timers = timers;
    this.#postponement = new Postponement({
      ...{ policy, timers },
      current: () => root.state().current,
      onLook: (announcement) => void root.change(() => this.#checkAgain(announcement)),
    });
    this.#loop = new RunLoop({ timers, random: clock.random, step: () => this.#step() });
  }

  /**
   * A neighbour has a release that is wanted. `isProven`: a key of the channel signed the
   * announcement; otherwise that neighbour is only asked whether the channel has newer keys.
   */
  hear(announcement: Announcement, address: string, isProven: boolean): void {
    if (isProven) this.#postponement.hear(announcement);
    log("version %d is offered by %s, proven: %s", announcement.version, address, isProven);
    this.#offers.add(announcement, { address, ...announcement.sender }, isProven);
    this.#loop.start();
  }

  /** False for what is installed or older, held, or failed a moment ago. */
  wants(release: Pick<ReleaseSummary, "version" | "recordHash">): boolean {
    const state = this.#options.root.state();
    if (state.holding || this.#isStopped || release.version <= waitsAbove(state)) return false;
    return this.#backoff.mayTry(releaseName(release));
  }

  /**
   * Installs the newest release of our own repository, unless it is installed already. What is
   * being fetched comes first: its record is in the repository already and its bytes are not.
   * Throws what `updateTo` throws.
   */
  async installNewest(root: WritableRoot): Promise<number> {
    const { status, onConfirmed } = this.#options;
    const version = await latestVersion(root.repository);
    if (version !== 0 && version <= root.state().current) return root.state().current;
    status.set({ state: "checking", target: version });
    try {
      await installFromRepository({ ...this.#options, root }, version, this.#stopping.signal);
    } catch (error) {
      if (isAbort(error)) status.set({ state: "resting" });
      else this.#tellFailure(version, asInfieldError(error));
      throw error;
    }
    status.set({ state: "resting" });
    await onConfirmed(version);
    return version;
  }

  /** What failed a moment ago may be tried at once. */
  forgetFailures(): void {
    this.#backoff.clear();
  }

  /** Resolves once nothing is under way or about to start. */
  settled(): Promise<void> {
    return this.#loop.settled();
  }

  /** Resolves once what is under way, or else the next thing that is, has ended. */
  ended(): Promise<void> {
    return this.#loop.ended();
  }

  /** Breaks off what is under way. */
  interrupt(): void {
    this.#stopping.abort();
    this.#stopping = new AbortController();
  }

  /** Breaks off what is being taken from neighbours: a person here hands something over. */
  interruptFetch(): void {
    this.#fetching.abort();
  }

  /** The same, and takes nothing from them until `resume`: the laptop is about to sleep. */
  pause(): void {
    this.#loop.pause();
    this.#fetching.abort();
  }

  resume(): void {
    this.#loop.resume();
  }

  /**
   * Breaks off what is under way and takes nothing any more; resolves once every change has ended.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopping.abort();
    this.#offers.clear();
    this.#timers.cancelAll();
    await this.#loop.stop();
    await this.#options.root.change(async () => {});
  }

  /** What is proven comes first, the newest of it; then what is not. */
  async #step(): Promise<boolean> {
    const offer = this.#offers.newest((announcement) => this.wants(announcement));
    if (offer) {
      await this.#takeInTurn(offer);
      return true;
    }
    const unproven = this.#offers.takeUnproven();
    if (unproven === undefined) return false;
    const { announcement, source } = unproven;
    if (!this.wants(announcement)) return true;
    const isProven = await proveOffer(this.#options, unproven, this.#stopping.signal);
    if (isProven) this.#offers.add(announcement, source, true);
    return true;
  }

  async #takeInTurn(offer: Offer): Promise<void> {
    this.#fetching = new AbortController();
    const { signal } = this.#fetching;
    await this.#options.root.change((root) =>
      this.#tryOffer(root, offer, AbortSignal.any([this.#stopping.signal, signal])),
    );
    this.#offers.remove(offer);
  }

  /** Never throws: a failure is told and remembered. */
  async #tryOffer(root: WritableRoot, offer: Offer, signal: AbortSignal): Promise<void> {
    const { status, onConfirmed } = this.#options;
    const { version } = offer.announcement;
    if (signal.aborted || !this.wants(offer.announcement)) return;
    const waitsFor = await this.#postponement.judge(offer.announcement);
    if (waitsFor !== undefined) {
      log("version %d waits: %s", version, waitsFor);
      status.set({ state: "waiting", target: version, waitsFor });
      this.#postponement.lookAgain(offer.announcement);
      return;
    }
    status.set({ state: "fetching", target: version });
    try {
      await takeOffer({ ...this.#options, root, bans: this.#bans }, offer, signal);
      this.#backoff.clear();
      status.set({ state: "resting" });
      await onConfirmed(version);
    } catch (error) {
      // Broken off by ourselves, it may look like a neighbour that broke off.
      if (signal.aborted) status.set({ state: "resting" });
      else {
        this.#tellFailure(version, asInfieldError(error));
        const pauseMs = this.#backoff.noteFailure(releaseName(offer.announcement));
        log("version %d failed, again in %d ms: %s", version, pauseMs, error);
        this.#timers.start(pauseMs, this.#options.onRetry);
      }
    }
  }

  async #checkAgain(announcement: Announcement): Promise<void> {
    if (!this.wants(announcement)) return;
    const waitsFor = await this.#postponement.judge(announcement);
    if (waitsFor === undefined) this.#options.onRetry();
    else this.#postponement.lookAgain(announcement);
  }

  #tellFailure(version: number, error: InfieldError): void {
    this.#options.status.set({ state: "failed", target: version, problem: error });
    this.#options.onFailed(version, error);
  }
}

function asInfieldError(error: unknown): InfieldError {
  if (error instanceof InfieldError) return error;
  return new InfieldError(
    "internal",
    "a defect in Infield stopped the update",
    "report this with the log",
    error,
  );
}
