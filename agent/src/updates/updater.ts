/**
 * From "there is release n, and that neighbour has it" to "n is installed here": one release at a
 * time, its records from one neighbour, its bytes from all of them, and a longer pause after each
 * failure.
 */
import { type Announcement, isSignedBy, type ReleaseSummary } from "@infield/shared/announce";
import { InfieldError, isAbort } from "@infield/shared/base";
import { latestVersion } from "@infield/shared/records";
import { peerFailed } from "@infield/shared/transfer";
import { createOffers, nameOf, type Offer, type Source } from "../discovery/offers.ts";
import { PieceSources } from "../fetch/piece-sources.ts";
import { createBans } from "../peers/bans.ts";
import type { Links } from "../peers/links.ts";
import { isNeighboursFault } from "../peers/neighbour-fault.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import { waitsAbove } from "../store/root/state.ts";
import type { InTurn } from "../timing/turns.ts";
import type { UpdatePolicy } from "./policy.ts";
import {
  installRelease,
  isReachable,
  learnKeys,
  learnRelease,
  type Taking,
  takeFromOwn,
} from "./take-release.ts";

interface UpdaterOptions extends Taking {
  readonly inTurn: InTurn;
  readonly links: Links;
  readonly policy: UpdatePolicy;
  /** Pieces of this release are here: tells the room, until what it returns is called. */
  share(announcement: Announcement): () => void;
  dial(address: string, port: number, signal: AbortSignal): Promise<PeerLink>;
  /** A release is installed and has passed its health check. */
  onConfirmed(version: number): Promise<void>;
  onFailed(version: number, error: InfieldError): void;
  /** It is time to ask the neighbours once more. */
  onRetry(): void;
}

export interface Updater {
  /**
   * A neighbour has a release that is wanted. `proven`: a key of the channel signed the
   * announcement; else that neighbour is only asked whether the channel has newer keys.
   */
  hear(announcement: Announcement, address: string, proven: boolean): void;
  /** False for what is installed or older, held, or failed a moment ago. */
  wants(release: Pick<ReleaseSummary, "version" | "recordHash">): boolean;
  /**
   * Installs the newest release of our own repository, as far as it is not installed yet. Only in
   * turn, so after what is being fetched: its record is in the repository already and its bytes are
   * not. Throws what `updateTo` throws.
   */
  installNewest(): Promise<number>;
  /** What failed a moment ago may be tried at once. */
  forgetFailures(): void;
  /** Resolves once nothing is under way or about to start. */
  settled(): Promise<void>;
  /** Resolves once what is under way, or else the next thing that is, has ended. */
  ended(): Promise<void>;
  /** Breaks off what is under way. */
  interrupt(): void;
  /** Breaks off what is being taken from neighbours: a person here hands something over. */
  interruptFetch(): void;
  /** The same, and takes nothing from them until `resume`: the laptop is about to sleep. */
  pause(): void;
  resume(): void;
  /**
   * Breaks off what is under way and takes nothing any more; resolves once that and all else in
   * turn has ended.
   */
  stop(): Promise<void>;
}

/** Laptops that hear an announcement together begin at different moments within this. */
const START_SPREAD_MS = 500;
/**
 * What a neighbour with an unproven announcement may take to send its chain: anybody can claim, so
 * claims cost little.
 */
const UNPROVEN_MS = 5_000;
/** Pause after a failure, doubled with each, and drawn from half of it to all of it. */
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 30 * 60_000;
/**
 * Whether a release still has to wait: a charger that was just plugged in may be gone again in
 * less.
 */
const LOOK_AGAIN_MS = 5 * 60_000;

export function createUpdater(options: UpdaterOptions): Updater {
  const { root, clock, status, keeper, inTurn } = options;
  const offers = createOffers();
  const bans = createBans(clock);
  const failures = new Map<string, { count: number; until: number }>();
  let timers: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  /** Ends the wait before the first neighbour is asked. */
  let begin = () => {};
  let running: Promise<void> | undefined;
  let stopping = new AbortController();
  let fetching = new AbortController();
  let stopped = false;
  let paused = false;
  let cancelLook = () => {};
  /** Announced and signed: the newest urgent release that was heard of. */
  let newestUrgent = 0;

  function wants(release: Pick<ReleaseSummary, "version" | "recordHash">): boolean {
    const state = root.state();
    if (state.holding) return false;
    const until = failures.get(nameOf(release))?.until ?? 0;
    return !stopped && release.version > waitsAbove(state) && clock.now() >= until;
  }

  /** Takes what is proven, newest first, then looks at what is not, until there is nothing left. */
  async function run(): Promise<void> {
    await new Promise<void>((resolve) => {
      begin = resolve;
      later(clock.random() * START_SPREAD_MS, resolve);
    });
    while (!stopped && !paused) {
      const offer = offers.newest(wants);
      const unproven = offer ? undefined : offers.takeUnproven();
      if (offer) await takeInTurn(offer);
      else if (unproven) await prove(unproven);
      else return;
    }
  }

  /** Never throws and tells nobody: what nobody signed must not look like an update that failed. */
  async function prove({ announcement, source }: { announcement: Announcement; source: Source }) {
    if (!wants(announcement)) return;
    const tooLong = new AbortController();
    const cancel = clock.startTimer(UNPROVEN_MS, () => tooLong.abort());
    const signal = AbortSignal.any([stopping.signal, tooLong.signal]);
    try {
      const link = await options.dial(source.address, source.port, signal);
      const chain = await learnKeys(options, link.asker, signal).finally(() => link.close());
      // A turn makes others give way, and these claims cost nothing: only a chain with keys that
      // are new here is worth one.
      const channel = await (keeper.isNews(chain)
        ? inTurn(() => keeper.adopt(chain))
        : keeper.current());
      if (channel && isSignedBy(announcement.signed, channel))
        offers.add(announcement, source, true);
    } catch {
      // Whoever it was, the next announcement is the next try.
    } finally {
      cancel();
    }
  }

  async function takeInTurn(offer: Offer): Promise<void> {
    fetching = new AbortController();
    const { signal } = fetching;
    await inTurn(() => takeOffer(offer, AbortSignal.any([stopping.signal, signal])));
    offers.remove(offer);
  }

  /** Never throws: a failure is told and remembered. */
  async function takeOffer(offer: Offer, signal: AbortSignal): Promise<void> {
    const { version } = offer.announcement;
    if (signal.aborted || !wants(offer.announcement)) return;
    const waitsFor = await options.policy.judge({ version, urgent: isUrgent(offer.announcement) });
    if (waitsFor !== undefined) {
      status.set({ state: "waiting", target: version, waitsFor });
      lookAgain(offer.announcement);
      return;
    }
    status.set({ state: "fetching", target: version });
    try {
      await takeFromAll(offer, signal);
      failures.clear();
      status.set({ state: "resting" });
      await options.onConfirmed(version);
    } catch (error) {
      // Broken off by ourselves, it may look like a neighbour that broke off.
      if (signal.aborted) status.set({ state: "resting" });
      else {
        tellFailure(version, asInfieldError(error));
        backOff(nameOf(offer.announcement));
      }
    }
  }

  /** With bytes from all sources; the room is told as soon as some are here. */
  async function takeFromAll({ announcement, sources }: Offer, signal: AbortSignal): Promise<void> {
    let stopSharing: (() => void) | undefined;
    const pieceSources = new PieceSources({
      ...{ clock, bans, links: options.links, signal },
      dial: ({ address, port }, abort) => options.dial(address, port, abort),
      sources: () => sources.values(),
    });
    const onPieces = () => {
      stopSharing ??= options.share(announcement);
    };
    try {
      await takeFromAny(pieceSources, sources, announcement, onPieces, signal);
    } finally {
      stopSharing?.();
      pieceSources.close();
    }
  }

  /**
   * Asks one source after another for the records, in any order, until one knows a way; those that
   * announce it meanwhile too.
   */
  async function takeFromAny(
    pieceSources: PieceSources,
    sources: ReadonlyMap<string, Source>,
    announcement: Announcement,
    onPieces: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const tried = new Set<string>();
    for (let failure: unknown = peerFailed("is not there"); ; ) {
      const fresh = [...sources].filter(([name, source]) => !tried.has(name) && !bans.has(source));
      const [name, source] = fresh[Math.floor(clock.random() * fresh.length)] ?? [];
      if (name === undefined || source === undefined) throw failure;
      tried.add(name);
      let isReached = false;
      try {
        const { asker } = await pieceSources.dial(source);
        const learned = await learnRelease(options, asker, announcement, signal);
        isReached = isReachable(options, learned);
        return await installRelease(options, learned, pieceSources, onPieces, signal);
      } catch (error) {
        failure = error;
        // What fails on a signed way has failed with all of them.
        if (isReached || signal.aborted || !isNeighboursFault(error)) throw error;
      }
    }
  }

  /** What comes after an urgent release that is not here yet brings what was urgent. */
  function isUrgent({ version, urgent }: Announcement): boolean {
    return urgent || (root.state().current < newestUrgent && newestUrgent <= version);
  }

  /**
   * What waits is forgotten but for this: once it need not wait any more, the neighbours are asked.
   */
  function lookAgain(announcement: Announcement): void {
    cancelLook();
    cancelLook = later(LOOK_AGAIN_MS, () => void inTurn(() => checkAgain(announcement)));
  }

  async function checkAgain(announcement: Announcement): Promise<void> {
    if (!wants(announcement)) return;
    const release = { version: announcement.version, urgent: isUrgent(announcement) };
    if ((await options.policy.judge(release)) === undefined) options.onRetry();
    else lookAgain(announcement);
  }

  function tellFailure(version: number, error: InfieldError): void {
    status.set({ state: "failed", target: version, problem: error });
    options.onFailed(version, error);
  }

  function backOff(name: string): void {
    const count = (failures.get(name)?.count ?? 0) + 1;
    const longest = Math.min(FIRST_RETRY_MS * 2 ** (count - 1), LAST_RETRY_MS);
    const pauseMs = (longest / 2) * (1 + clock.random());
    failures.set(name, { count, until: clock.now() + pauseMs });
    later(pauseMs, options.onRetry);
  }

  function start(): void {
    if (paused) return;
    running ??= run().finally(() => {
      running = undefined;
      tellEnded();
    });
  }

  function later(ms: number, run: () => void): () => void {
    const cancel = clock.startTimer(ms, () => {
      timers = timers.filter((other) => other !== cancel);
      run();
    });
    timers.push(cancel);
    return cancel;
  }

  function tellEnded(): void {
    for (const resolve of waiting.splice(0)) resolve();
  }

  async function installNewest(): Promise<number> {
    const version = await latestVersion(root.repository);
    if (version !== 0 && version <= root.state().current) return root.state().current;
    status.set({ state: "checking", target: version });
    try {
      await takeFromOwn(options, version, stopping.signal);
    } catch (error) {
      if (isAbort(error)) status.set({ state: "resting" });
      else tellFailure(version, asInfieldError(error));
      throw error;
    }
    status.set({ state: "resting" });
    await options.onConfirmed(version);
    return version;
  }

  return {
    hear(announcement, address, proven) {
      if (proven && announcement.urgent)
        newestUrgent = Math.max(newestUrgent, announcement.version);
      offers.add(announcement, { address, ...announcement.sender }, proven);
      start();
    },
    wants,
    installNewest,
    forgetFailures: () => failures.clear(),
    settled: async () => running,
    ended: () => new Promise((resolve) => waiting.push(resolve)),
    interrupt() {
      stopping.abort();
      stopping = new AbortController();
    },
    interruptFetch: () => fetching.abort(),
    pause() {
      paused = true;
      fetching.abort();
    },
    resume() {
      paused = false;
      start();
    },
    async stop() {
      stopped = true;
      stopping.abort();
      offers.clear();
      for (const cancel of timers) cancel();
      begin();
      await running;
      tellEnded();
      await inTurn(async () => {});
    },
  };
}

function asInfieldError(error: unknown): InfieldError {
  if (error instanceof InfieldError) return error;
  return new InfieldError(
    "internal",
    "the update stopped at a defect",
    "report this with the log",
    error,
  );
}
