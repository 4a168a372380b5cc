/**
 * Bit rot, and edits that no update has come upon yet, are found at rest: every installed version
 * is read once a day, so slowly that nobody notices, and what is damaged is mended from whoever has
 * it. Each pass in an order of its own: a laptop that is on for an hour at a time never gets
 * through, and would read the same files every day and others never. Nothing is written down for
 * that, as flash wears out and a power cut takes what was noted last.
 */
import { InfieldError, isAbort } from "@infield/shared/base";
import type { NeighbourContents } from "../fetch/neighbour-contents.ts";
import { debug } from "../host/debug.ts";
import { isWorking } from "../laptop/status.ts";
import { layoutOf, snapshotOf } from "../store/root/layout.ts";
import type { OpenRoot, Root } from "../store/root/root.ts";
import { readSnapshotManifest } from "../store/snapshot/snapshot-manifest.ts";
import type { Clock } from "../timing/clock.ts";
import { isDamage, isDamagedSnapshot } from "../tree/check-tree.ts";
import { findDifferences } from "../tree/differences.ts";
import { createPacer } from "./pacer.ts";
import { repairAndReport, type SelfRepair } from "./self-repair.ts";

interface IdleCheckOptions extends Omit<SelfRepair, "root"> {
  readonly clock: Clock;
  readonly root: OpenRoot;
  /** Neighbours that have a version; undefined while no channel is followed. */
  contents(version: number, signal: AbortSignal): NeighbourContents | undefined;
}

const HOUR_MS = 3_600_000;
/**
 * From the start to the first pass, half of it to one and a half by chance: lessons are over, and
 * many laptops go to sleep after them.
 */
const FIRST_MS = HOUR_MS;
/** Between two passes. */
const PERIOD_MS = 24 * HOUR_MS;
/** After a pass that an update, or an unreadable disk, has broken off. */
const AGAIN_MS = HOUR_MS;
const log = debug("repair");

/** Begins with the wait for the first pass. */
export function startIdleCheck(options: IdleCheckOptions): IdleCheck {
  const check = new IdleCheck(options);
  check.start();
  return check;
}

export class IdleCheck {
  readonly #options: IdleCheckOptions;
  readonly #stopping = new AbortController();
  #cancel = () => {};
  #running: Promise<void> | undefined;

  constructor(options: IdleCheckOptions) {
    this.#options = options;
  }

  start(): void {
    this.#runIn(FIRST_MS * (0.5 + this.#options.clock.random()));
  }

  /** Resolves once nothing of it is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancel();
    await this.#running;
    this.#cancel();
  }

  #runIn(ms: number): void {
    log("installed versions are read in %d min", Math.round(ms / 60_000));
    this.#cancel = this.#options.clock.startTimer(ms, () => {
      this.#running = this.#pass().then((nextMs) => this.#runIn(nextMs));
    });
  }

  /** Reads all versions once; resolves to the time until the next pass. */
  async #pass(): Promise<number> {
    const { root, clock, onEvent } = this.#options;
    const broken = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, broken.signal]);
    const pace = createPacer(clock, signal, () => {
      if (isWorking(this.#options.status.report().state)) broken.abort();
    });
    const order = (paths: readonly string[]) => shuffle(paths, clock);
    try {
      for (const version of shuffle(root.state().versions, clock)) {
        const isWrong = await isDamaged(root, version, { signal, pace, order });
        log("version %d is %s", version, isWrong ? "damaged" : "sound");
        if (isWrong) await this.#mend(version);
      }
      return PERIOD_MS;
    } catch (error) {
      log("broken off: %s", isAbort(error) ? "an update is under way, or the end" : error);
      if (!isAbort(error)) onEvent(asProblem(error));
      return AGAIN_MS;
    }
  }

  #mend(version: number): Promise<void> {
    const { root } = this.#options;
    const { signal } = this.#stopping;
    return root.change(async (writable) => {
      // It may have been removed while it was read, which looks like damage.
      if (!root.state().versions.includes(version)) return;
      const contents = this.#options.contents(version, signal);
      const others = contents ? [contents] : [];
      try {
        await repairAndReport({ ...this.#options, root: writable }, version, others, signal);
      } finally {
        contents?.close();
      }
    });
  }
}

async function isDamaged(
  root: Root,
  version: number,
  reading: Parameters<typeof findDifferences>[2],
): Promise<boolean> {
  const snapshot = snapshotOf(layoutOf(root.path), version);
  try {
    const manifest = await readSnapshotManifest(snapshot);
    return (await findDifferences(snapshot.tree, manifest, reading)).some(isDamage);
  } catch (error) {
    if (isDamagedSnapshot(error)) return true;
    throw error;
  }
}

/** In an order that chance decides. */
function shuffle<T>(items: readonly T[], clock: Clock): T[] {
  const placed = items.map((item) => ({ item, place: clock.random() }));
  return placed.sort((a, b) => a.place - b.place).map(({ item }) => item);
}

function asProblem(error: unknown) {
  const { code, message, hint } =
    error instanceof InfieldError
      ? error
      : new InfieldError(
          "internal",
          "the check of what is installed stopped at a defect",
          "report this",
          error,
        );
  return { event: "problem", code, message, hint } as const;
}
