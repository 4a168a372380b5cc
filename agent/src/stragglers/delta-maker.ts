/**
 * Where stragglers ask for a delta that nobody made in advance (docs/protocol.md, section 8). What
 * is here already is named at once; what this laptop can make, as it has both versions, is made in
 * the background, one at a time; the rest is left to others.
 */
import { InfieldError } from "@infield/shared/base";
import type { BlobRecord } from "@infield/shared/records";
import type { GetDelta } from "@infield/shared/transfer";
import type { OnEvent } from "../laptop/events.ts";
import type { Root } from "../store/root/root.ts";
import { readMade } from "../store/snapshot/made-deltas.ts";
import type { Clock } from "../timing/clock.ts";
import { canMakeBetween } from "./make-delta.ts";

interface DeltaMakerOptions {
  readonly root: Root;
  readonly clock: Clock;
  /** Making costs work, and nobody's battery is to pay for another's. */
  isOnMains(): Promise<boolean>;
  /** Makes and keeps it. */
  make(from: number, to: number, signal: AbortSignal): Promise<BlobRecord>;
  /** True while somebody else at this laptop, an open page, may make it. */
  isPrepared(from: number, to: number): boolean;
  readonly onEvent: OnEvent;
}

export interface DeltaMaker {
  /**
   * The delta a neighbour at version `at` asks for. Throws `delta-pending` while it is being made,
   * `no-path` when it will not be made here.
   */
  answer(request: Pick<GetDelta, "from" | "to">, at: number): Promise<BlobRecord>;
  /** What is installed has changed: what leads elsewhere is not made any more. */
  follow(): void;
  /** Gives up what is being made; resolves once that has ended. */
  stop(): Promise<void>;
}

/** Deltas that wait while one is made: a class is rarely at more versions than this. */
const MAX_WAITING = 4;
/**
 * A slow laptop makes 30 MB of changed programs in that time; a straggler that waits longer has
 * taken another way.
 */
const MAKE_MS = 10 * 60_000;
/** After one could not be made; memory, disk and mains power may have come back by then. */
const PAUSE_MS = 5 * 60_000;

interface Order {
  readonly from: number;
  readonly to: number;
}

export function createDeltaMaker(options: DeltaMakerOptions): DeltaMaker {
  const { root, clock } = options;
  const waiting: Order[] = [];
  const pausedUntil = new Map<string, number>();
  let making: { readonly order: Order; readonly abort: AbortController } | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const isInUse = (version: number) => root.state().current === version && root.state().confirmed;
  const isOrdered = (order: Order) =>
    [making?.order, ...waiting].some(
      (other) => other?.from === order.from && other.to === order.to,
    );

  async function mayMake({ from, to }: Order): Promise<boolean> {
    if (stopped || waiting.length >= MAX_WAITING) return false;
    if (!canMakeBetween(root, from, to)) return false;
    if (clock.now() < (pausedUntil.get(`${from} ${to}`) ?? 0)) return false;
    return options.isOnMains();
  }

  async function run(): Promise<void> {
    for (let order = waiting.shift(); order && !stopped; order = waiting.shift()) await make(order);
    running = undefined;
  }

  /** Never throws: a straggler is told when it asks again. */
  async function make(order: Order): Promise<void> {
    const { from, to } = order;
    const abort = new AbortController();
    making = { order, abort };
    const cancel = clock.startTimer(MAKE_MS, () => abort.abort());
    options.onEvent({ event: "delta", state: "making", from, to });
    try {
      const { bytes } = await options.make(from, to, abort.signal);
      options.onEvent({ event: "delta", state: "made", from, to, bytes });
    } catch (error) {
      pausedUntil.set(`${from} ${to}`, clock.now() + PAUSE_MS);
      const reason = error instanceof InfieldError ? error.message : "it was given up";
      options.onEvent({ event: "delta", state: "failed", from, to, reason });
    } finally {
      cancel();
      making = undefined;
    }
  }

  return {
    async answer({ from, to }, at) {
      // Only what the asker itself would use: its own version, or nothing where it has nothing that
      // anything leads from.
      if (!isInUse(to) || from >= to || (from !== 0 && from !== at)) throw cannot(from, to);
      const made = (await readMade(root)).find((one) => one.to === to && one.blob.from === from);
      if (made) return made.blob;
      if (isOrdered({ from, to }) || options.isPrepared(from, to)) throw pending(from, to);
      if (!(await mayMake({ from, to }))) throw cannot(from, to);
      // Somebody else may have asked for the same meanwhile.
      if (!isOrdered({ from, to })) waiting.push({ from, to });
      running ??= run();
      throw pending(from, to);
    },
    follow() {
      pausedUntil.clear();
      const isStale = ({ from, to }: Order) => !canMakeBetween(root, from, to);
      waiting.splice(0, waiting.length, ...waiting.filter((order) => !isStale(order)));
      if (making && isStale(making.order)) making.abort.abort();
    },
    async stop() {
      stopped = true;
      waiting.length = 0;
      making?.abort.abort();
      await running;
    },
  };
}

function pending(from: number, to: number): InfieldError {
  return new InfieldError(
    "delta-pending",
    `the delta from ${from} to ${to} is being made`,
    "ask again in a moment",
  );
}

function cannot(from: number, to: number): InfieldError {
  return new InfieldError(
    "no-path",
    `the delta from ${from} to ${to} is not made here`,
    "ask another neighbour",
  );
}
