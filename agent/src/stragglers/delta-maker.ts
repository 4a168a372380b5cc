/**
 * Answers stragglers that ask for a delta which nobody made in advance (docs/protocol.md, section
 * 8). What is here already is named at once; what this laptop can make, as it has both versions, is
 * made in the background; the rest is left to others.
 */
import { InfieldError } from "@infield/shared/base";
import type { BlobRecord } from "@infield/shared/records";
import type { GetDelta } from "@infield/shared/transfer";
import { debug } from "../host/debug.ts";
import type { OnEvent } from "../laptop/events.ts";
import type { Root } from "../store/root/root.ts";
import { readMade } from "../store/snapshot/made-deltas.ts";
import type { Clock } from "../timing/clock.ts";
import { DeltaQueue } from "./delta-queue.ts";
import { canMakeBetween } from "./make-delta.ts";
import type { VersionPair } from "./version-pair.ts";

const log = debug("deltas");

interface DeltaMakerOptions {
  readonly root: Root;
  readonly clock: Clock;
  /** Making a delta takes power, and nobody's battery is to pay for another laptop. */
  isOnMains(): Promise<boolean>;
  /** Makes the delta and keeps it. */
  make(from: number, to: number, signal: AbortSignal): Promise<BlobRecord>;
  /** True while an open page of this laptop is making it. */
  isPrepared(from: number, to: number): boolean;
  readonly onEvent: OnEvent;
}

export interface DeltaMaker {
  /**
   * The delta that a neighbour at version `at` asks for. Throws `delta-pending` while it is being
   * made, `no-path` when it will not be made here.
   */
  answer(request: Pick<GetDelta, "from" | "to">, at: number): Promise<BlobRecord>;
  /** What is installed has changed: deltas that lead elsewhere are not made any more. */
  follow(): void;
  /** Gives up what is being made; resolves once that has ended. */
  stop(): Promise<void>;
}

export function createDeltaMaker(options: DeltaMakerOptions): DeltaMaker {
  const { root } = options;
  const queue = new DeltaQueue(options);

  async function mayMake(pair: VersionPair): Promise<boolean> {
    if (!canMakeBetween(root, pair.from, pair.to) || !queue.hasPlaceFor(pair)) return false;
    return options.isOnMains();
  }

  return {
    async answer({ from, to }, at) {
      if (!isUseful(root, { from, to }, at)) throw cannot(from, to);
      const made = (await readMade(root)).find((one) => one.to === to && one.blob.from === from);
      if (made) return made.blob;
      if (queue.has({ from, to }) || options.isPrepared(from, to)) throw pending(from, to);
      const may = await mayMake({ from, to });
      log("a neighbour asks for %d → %d, which is %s here", from, to, may ? "made" : "not made");
      if (!may) throw cannot(from, to);
      // Somebody else may have asked for the same meanwhile.
      if (!queue.has({ from, to })) queue.add({ from, to });
      throw pending(from, to);
    },
    follow: () => queue.keepOnly(({ from, to }) => canMakeBetween(root, from, to)),
    stop: () => queue.stop(),
  };
}

/**
 * True for what a neighbour at version `at` would use: a delta to the version in use here, from its
 * own version, or from nothing where no delta leads from that.
 */
function isUseful(root: Root, { from, to }: VersionPair, at: number): boolean {
  const { current, confirmed } = root.state();
  return current === to && confirmed && from < to && (from === 0 || from === at);
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
