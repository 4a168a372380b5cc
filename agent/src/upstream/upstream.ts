/**
 * The repository on the web that this laptop may ask: whoever the lot falls on asks what is newest,
 * takes what this laptop needs, and announces it, so that all others have it from neighbours
 * (docs/protocol.md, section 9).
 */
import { InfieldError, isAbort } from "@infield/shared/base";
import { debug } from "../host/debug.ts";
import { HttpRepository } from "../http/http-repository.ts";
import type { Pausable } from "../laptop/sleep.ts";
import { isWorking } from "../laptop/status.ts";
import type { SelfRepair } from "../scrub/self-repair.ts";
import type { OpenRoot, WritableRoot } from "../store/root/root.ts";
import { waitsAbove } from "../store/root/state.ts";
import type { Clock } from "../timing/clock.ts";
import { startDraws } from "./draws.ts";
import { LastAnswer } from "./last-answer.ts";
import { Retries } from "./retries.ts";
import { takeNewest } from "./take-newest.ts";

export interface UpstreamOptions extends Omit<SelfRepair, "root"> {
  readonly clock: Clock;
  readonly url: URL;
  readonly root: OpenRoot;
  /** Other laptops of the room, as far as they are seen. */
  neighbours(): number;
  /** Asks the neighbours for something newer, and resolves once what came of it has ended. */
  lookAround(): Promise<void>;
  /** A release is installed and has passed its health check. */
  onConfirmed(version: number): Promise<void>;
  onFailed(version: number, error: InfieldError): void;
}

/** What an update is left with when no neighbour has the bytes. */
const WANTING = ["peer-failed", "blob-damaged", "unknown-release", "no-path"];

const log = debug("upstream");

/** Begins to draw. What an earlier agent heard from the same address is known. */
export async function openUpstream(options: UpstreamOptions): Promise<Upstream> {
  const { url, root, onEvent } = options;
  const answer = await LastAnswer.open(root.path, url, (error) =>
    onEvent(asProblem(asInfieldError(error))),
  );
  return new Upstream(options, answer);
}

export class Upstream implements Pausable {
  readonly #options: UpstreamOptions;
  readonly #answer: LastAnswer;
  readonly #retries: Retries;
  readonly #stopDraws: () => void;
  readonly #stopping = new AbortController();
  /** Aborted while this laptop sleeps. */
  #awake = new AbortController();
  #asking: Promise<void> | undefined;
  #isBrokenOff = false;
  #failure: InfieldError | undefined;

  constructor(options: UpstreamOptions, answer: LastAnswer) {
    const { clock, neighbours } = options;
    this.#options = options;
    this.#answer = answer;
    this.#retries = new Retries(clock, () => void this.ask());
    this.#stopDraws = startDraws({
      ...{ clock, neighbours },
      isStuck: () => this.#isStuck(),
      onDrawn: () => this.#askWhenDrawn(),
    });
  }

  /**
   * Asks now, as a person wants it, and takes what is newer. What goes wrong is kept in
   * upstream.json. Never throws.
   */
  ask(): Promise<void> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async pause(): Promise<void> {
    this.#isBrokenOff = this.#asking !== undefined;
    this.#awake.abort();
    this.#retries.cancel();
    await this.#asking;
  }

  resume(): void {
    if (!this.#awake.signal.aborted) return;
    this.#awake = new AbortController();
    if (this.#isBrokenOff) this.#tryAgain();
  }

  /** Breaks off what is under way; resolves once that has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#stopDraws();
    this.#retries.cancel();
    await this.#asking;
  }

  /** Aborts when this laptop sleeps, and at the end. */
  #ending(): AbortSignal {
    return AbortSignal.any([this.#stopping.signal, this.#awake.signal]);
  }

  #wants(version: number): boolean {
    const state = this.#options.root.state();
    return !this.#ending().aborted && !state.holding && version > waitsAbove(state);
  }

  /** No neighbour could give what is announced here. */
  #isStuck(): boolean {
    const { state, problem } = this.#options.status.report();
    // What failed here would fail here again, and has its own pauses.
    const isOwn = problem?.message === this.#failure?.message;
    return state === "failed" && problem !== undefined && !isOwn && WANTING.includes(problem.code);
  }

  #askWhenDrawn(): void {
    const { state } = this.#options.status.report();
    const isAsleep = this.#awake.signal.aborted;
    const mayAsk = !isAsleep && !isWorking(state);
    log("drawn; this laptop %s", mayAsk ? "asks" : `does not ask: ${isAsleep ? "asleep" : state}`);
    if (mayAsk) void this.ask();
  }

  async #askOnce(): Promise<void> {
    const { url, clock, root, onEvent } = this.#options;
    this.#retries.cancel();
    // Nothing would be taken, so nothing is asked.
    if (root.state().holding) return log("not asked: held at version %d", root.state().current);
    const asked = new Date().toISOString();
    let target = 0;
    try {
      const web = { clock, signal: this.#ending() };
      const latest = await new HttpRepository(url, web).latest(this.#answer.latest);
      this.#answer.hear(latest);
      target = latest.version;
      const wanted = this.#wants(target);
      log("%s has version %d, %s", url.href, target, wanted ? "wanted" : "not wanted");
      onEvent({ event: "upstream", version: target, wanted });
      // What a neighbour has costs nobody anything (rule 9.4).
      if (wanted) await this.#options.lookAround();
      await this.#take(target);
      await this.#answer.note(asked);
    } catch (error) {
      if (isAbort(error)) return log("broken off");
      const problem = asInfieldError(error);
      log("%s: %s", problem.code, problem.message);
      await this.#answer.note(asked, problem);
      if (target === 0) onEvent(asProblem(problem));
      else this.#tellFailure(target, problem);
    }
  }

  /**
   * Rule 9.5: it gives way to whoever waits, with what has come so far, and takes its turn again.
   */
  async #take(version: number): Promise<void> {
    while (this.#wants(version)) {
      const givingWay = new AbortController();
      try {
        await this.#options.root.change(
          (root) => this.#takeInTurn(root, version, givingWay.signal),
          () => givingWay.abort(),
        );
        return;
      } catch (error) {
        if (!givingWay.signal.aborted || !isAbort(error)) throw error;
        log("gave way to another change; version %d is taken up again", version);
      }
    }
  }

  async #takeInTurn(root: WritableRoot, version: number, givingWay: AbortSignal): Promise<void> {
    if (!this.#wants(version)) return log("version %d came from a neighbour", version);
    const { status, onConfirmed } = this.#options;
    status.set({ state: "fetching", target: version });
    try {
      const installed = await this.#fetchNewest(root, givingWay);
      this.#retries.noteProgress();
      status.set({ state: "resting" });
      await onConfirmed(installed);
    } catch (error) {
      if (isAbort(error)) status.set({ state: "resting" });
      throw error;
    }
  }

  /**
   * `givingWay` ends the fetching only: what is being built is done in a moment, and would be lost.
   */
  async #fetchNewest(root: WritableRoot, givingWay: AbortSignal): Promise<number> {
    const { url, clock } = this.#options;
    const signal = this.#ending();
    const web = { clock, signal: AbortSignal.any([signal, givingWay]) };
    const repository = new HttpRepository(url, web, this.#answer.latest);
    try {
      return await takeNewest({
        ...{ ...this.#options, root, repository, signal },
        wants: (version) => this.#wants(version),
        onPiece: () => this.#retries.noteProgress(),
      });
    } finally {
      await repository.close();
    }
  }

  #tellFailure(version: number, error: InfieldError): void {
    this.#failure = error;
    this.#options.status.set({ state: "failed", target: version, problem: error });
    this.#options.onFailed(version, error);
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (!this.#stopping.signal.aborted) this.#retries.schedule();
  }
}

function asProblem({ code, message, hint }: InfieldError) {
  return { event: "problem", code, message, hint } as const;
}

function asInfieldError(error: unknown): InfieldError {
  if (error instanceof InfieldError) return error;
  return new InfieldError(
    "internal",
    "asking the upstream stopped at a defect",
    "report this with the log",
    error,
  );
}
