/**
 * The repository on the web that this laptop may ask: whoever the lot falls on asks what is newest,
 * takes what this laptop needs, and announces it, so that all others have it from neighbours
 * (docs/protocol.md, section 9).
 */
import { InfieldError, isAbort } from "@infield/shared/base";
import { openHttpRepository } from "../http/http-repository.ts";
import type { Pausable } from "../laptop/sleep.ts";
import { isWorking } from "../laptop/status.ts";
import { readUpstream, type UpstreamRecord, writeUpstream } from "../laptop/upstream-file.ts";
import type { SelfRepair } from "../scrub/self-repair.ts";
import type { OpenRoot, WritableRoot } from "../store/root/root.ts";
import { waitsAbove } from "../store/root/state.ts";
import type { Clock } from "../timing/clock.ts";
import { startDraws } from "./draws.ts";
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

export interface Upstream extends Pausable {
  /**
   * Asks now, as a person wants it, and takes what is newer. What goes wrong is kept in
   * upstream.json. Never throws.
   */
  ask(): Promise<void>;
  /** Breaks off what is under way; resolves once that has ended. */
  stop(): Promise<void>;
}

/** Pauses after a fetch that brought nothing, doubled with each; then it is left to the draws. */
const FIRST_RETRY_MS = 5 * 60_000;
const MAX_RETRIES = 6;
/** What an update is left with when no neighbour has the bytes. */
const WANTING = ["peer-failed", "blob-damaged", "unknown-release", "no-path"];

/** Begins to draw. What an earlier agent heard from the same address is known. */
export async function openUpstream(options: UpstreamOptions): Promise<Upstream> {
  const { url, root, clock, status, onEvent } = options;
  const stopping = new AbortController();
  /** Aborted while this laptop sleeps. */
  let awake = new AbortController();
  const kept = await readUpstream(root.path).catch(() => undefined);
  let latest = kept?.url === url.href ? kept.latest : undefined;
  let asking: Promise<void> | undefined;
  let retries = 0;
  let cancelRetry = () => {};
  let isBrokenOff = false;
  let failure: InfieldError | undefined;
  if (kept?.url !== url.href) await note({});

  const stopDraws = startDraws({
    clock,
    neighbours: options.neighbours,
    isStuck() {
      const { state, problem } = status.report();
      // What failed here would fail here again, and has its own pauses.
      const isOwn = problem?.message === failure?.message;
      return (
        state === "failed" && problem !== undefined && !isOwn && WANTING.includes(problem.code)
      );
    },
    onDrawn() {
      if (!awake.signal.aborted && !isWorking(status.report().state)) void ask();
    },
  });

  function ending(): AbortSignal {
    return AbortSignal.any([stopping.signal, awake.signal]);
  }

  function wants(version: number): boolean {
    const state = root.state();
    return !ending().aborted && !state.holding && version > waitsAbove(state);
  }

  function ask(): Promise<void> {
    asking ??= askOnce().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  async function askOnce(): Promise<void> {
    cancelRetry();
    // Nothing would be taken, so nothing is asked.
    if (root.state().holding) return;
    const asked = new Date().toISOString();
    let target = 0;
    try {
      latest = await openHttpRepository(url, { clock, signal: ending() }).latest(latest);
      target = latest.version;
      onEvent({ event: "upstream", version: target, wanted: wants(target) });
      // What a neighbour has costs nobody anything (rule 9.4).
      if (wants(target)) await options.lookAround();
      await take(target);
      await note({ asked });
    } catch (error) {
      if (isAbort(error)) return;
      const problem = asInfieldError(error);
      await note({
        asked,
        problem: { code: problem.code, message: problem.message, hint: problem.hint },
      });
      if (target === 0) tellProblem(problem);
      else tellFailure(target, problem);
    }
  }

  /**
   * Rule 9.5: it gives way to whoever waits, with what has come so far, and takes its turn again.
   */
  async function take(version: number): Promise<void> {
    while (wants(version)) {
      const way = new AbortController();
      try {
        await root.change(
          (writable) => takeInTurn(writable, version, way.signal),
          () => way.abort(),
        );
        return;
      } catch (error) {
        if (!way.signal.aborted || !isAbort(error)) throw error;
      }
    }
  }

  async function takeInTurn(
    writable: WritableRoot,
    version: number,
    way: AbortSignal,
  ): Promise<void> {
    if (!wants(version)) return;
    status.set({ state: "fetching", target: version });
    try {
      const installed = await fetchNewest(writable, way);
      retries = 0;
      status.set({ state: "resting" });
      await options.onConfirmed(installed);
    } catch (error) {
      if (isAbort(error)) status.set({ state: "resting" });
      throw error;
    }
  }

  /** `way` ends the fetching only: what is being built is done in a moment, and would be lost. */
  async function fetchNewest(writable: WritableRoot, way: AbortSignal): Promise<number> {
    const signal = ending();
    const repository = openHttpRepository(
      url,
      { clock, signal: AbortSignal.any([signal, way]) },
      latest,
    );
    const onPiece = () => {
      retries = 0;
    };
    try {
      return await takeNewest({ ...options, root: writable, repository, wants, onPiece, signal });
    } finally {
      await repository.close();
    }
  }

  function tellFailure(version: number, error: InfieldError): void {
    failure = error;
    status.set({ state: "failed", target: version, problem: error });
    options.onFailed(version, error);
    tryAgain();
  }

  function tryAgain(): void {
    if (retries === MAX_RETRIES || stopping.signal.aborted) return;
    const pauseMs = FIRST_RETRY_MS * 2 ** retries++;
    cancelRetry = clock.startTimer((pauseMs / 2) * (1 + clock.random()), () => void ask());
  }

  function tellProblem({ code, message, hint }: InfieldError): void {
    onEvent({ event: "problem", code, message, hint });
  }

  /** What only informs must not stop what it informs of: a full disk, for one. */
  async function note(what: Pick<UpstreamRecord, "asked" | "problem">): Promise<void> {
    const record = { url: url.href, ...(latest && { latest }), ...what };
    await writeUpstream(root.path, record).catch((error: unknown) =>
      tellProblem(asInfieldError(error)),
    );
  }

  return {
    ask,
    async pause() {
      isBrokenOff = asking !== undefined;
      awake.abort();
      cancelRetry();
      await asking;
    },
    resume() {
      if (!awake.signal.aborted) return;
      awake = new AbortController();
      if (isBrokenOff) tryAgain();
    },
    async stop() {
      stopping.abort();
      stopDraws();
      cancelRetry();
      await asking;
    },
  };
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
