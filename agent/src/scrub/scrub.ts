/**
 * Bit rot, and edits that no update has come upon yet, are found at rest: every installed version
 * is read once a day, so slowly that nobody notices, and what is damaged is mended from whoever has
 * it. Each pass in an order of its own: a laptop that is on for an hour at a time never gets
 * through, and would read the same files every day and others never. Nothing is written down for
 * that, as flash wears out and a power cut takes what was noted last.
 */
import { InfieldError, isAbort } from "@infield/shared/base";
import type { NeighbourContents } from "../fetch/neighbour-contents.ts";
import { isWorking } from "../laptop/status.ts";
import { layoutOf, snapshotOf } from "../store/root/layout.ts";
import type { OpenRoot, Root } from "../store/root/root.ts";
import { readSnapshotManifest } from "../store/snapshot/snapshot-manifest.ts";
import type { Clock } from "../timing/clock.ts";
import { isDamage, isDamagedSnapshot } from "../tree/check-tree.ts";
import { findDifferences } from "../tree/differences.ts";
import { repairAndReport, type SelfRepair } from "./self-repair.ts";

interface IdleCheckOptions extends Omit<SelfRepair, "root"> {
  readonly clock: Clock;
  readonly root: OpenRoot;
  /** Neighbours that have a version; undefined while no channel is followed. */
  contents(version: number, signal: AbortSignal): NeighbourContents | undefined;
}

export interface IdleCheck {
  /** Resolves once nothing of it is under way. */
  stop(): Promise<void>;
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
/**
 * Bytes read at once, and the rest after it: 1 MiB a second on average costs a slow disk some
 * hundredths of its time, and wakes the processor no more than once in 10 s. A system of 8 GB takes
 * two hours and a half.
 */
const SLICE_BYTES = 10 * 1024 * 1024;
const PAUSE_MS = 10_000;

export function startIdleCheck(options: IdleCheckOptions): IdleCheck {
  const { root, clock, status, onEvent } = options;
  const stopping = new AbortController();
  let cancel = () => {};
  let running: Promise<void> | undefined;

  function later(ms: number): void {
    cancel = clock.startTimer(ms, () => {
      running = pass().then(later);
    });
  }

  /** Reads all versions once; resolves to the time until the next pass. */
  async function pass(): Promise<number> {
    const broken = new AbortController();
    const signal = AbortSignal.any([stopping.signal, broken.signal]);
    const pace = createPacer(clock, signal, () => {
      if (isWorking(status.report().state)) broken.abort();
    });
    try {
      for (const version of shuffle(root.state().versions, clock)) {
        const order = (paths: readonly string[]) => shuffle(paths, clock);
        if (await isDamaged(root, version, { signal, pace, order }))
          await mend(version, stopping.signal);
      }
      return PERIOD_MS;
    } catch (error) {
      if (!isAbort(error)) onEvent(asProblem(error));
      return AGAIN_MS;
    }
  }

  async function mend(version: number, signal: AbortSignal): Promise<void> {
    await root.change(async (writable) => {
      // It may have been removed while it was read, which looks like damage.
      if (!root.state().versions.includes(version)) return;
      const contents = options.contents(version, signal);
      try {
        await repairAndReport(
          { ...options, root: writable },
          version,
          contents ? [contents] : [],
          signal,
        );
      } finally {
        contents?.close();
      }
    });
  }

  later(FIRST_MS * (0.5 + clock.random()));
  return {
    async stop() {
      stopping.abort();
      cancel();
      await running;
      cancel();
    },
  };
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

/**
 * Lets a slice through, then makes everybody wait; `onSlice` is called before each. An abort ends
 * the wait.
 */
export function createPacer(
  clock: Clock,
  signal: AbortSignal,
  onSlice: () => void,
): (bytes: number) => Promise<void> {
  let left = SLICE_BYTES;
  let pause: Promise<void> | undefined;

  async function rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = clock.startTimer(PAUSE_MS, resolve);
      signal.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });
    left = SLICE_BYTES;
    pause = undefined;
    onSlice();
  }
  return async (bytes) => {
    left -= bytes;
    if (left <= 0) {
      pause ??= rest();
      await pause;
    }
  };
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
