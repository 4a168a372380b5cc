/**
 * Deltas that an open page is asked to make, as it may have trees that this laptop has not
 * (docs/protocol.md, rule 8.8): connected laptops report where they are, and what is signed says
 * whether a delta from there would save anything.
 */
import {
  InfieldError,
  type Progress,
  SMALL_DECODER_BYTES,
  trackProgress,
} from "@infield/shared/base";
import { type Channel, latestVersion, type ReleaseRecord } from "@infield/shared/records";
import { type Asker, type Laptop, MAX_WANTED, type WantedDelta } from "@infield/shared/transfer";
import { fetchBlob, pageSource } from "../fetch/fetch-blob.ts";
import { noSpace } from "../host/io-error.ts";
import type { Root } from "../store/root/root.ts";
import { readVerified } from "../store/snapshot/installed-release.ts";
import {
  hasRoomForMade,
  keepMade,
  type MadeDelta,
  readMade,
} from "../store/snapshot/made-deltas.ts";
import type { Clock } from "../timing/clock.ts";
import { canMakeBetween } from "./make-delta.ts";
import { findSignedRoute, isWorthMaking, mostBytes } from "./signed-route.ts";

/**
 * One that was connected so lately is still in the room: connections come and go with what is
 * fetched over them.
 */
const GONE_MS = 2 * 60_000;

interface WantedOptions {
  readonly root: Root;
  readonly clock: Clock;
  channel(): Channel | undefined;
  /** Laptops of the room, as they reported. */
  laptops(): readonly Pick<Laptop, "version" | "unseenMs" | "state" | "target">[];
}

export interface WantedDeltas {
  /** The one that helps most laptops first. */
  list(): WantedDelta[];
  /** A page makes it, or does not any more. `page` is any object that stands for it. */
  prepare(page: object, pair: { from: number; to: number }, preparing: boolean): void;
  /** The page is gone. */
  leave(page: object): void;
  isPrepared(from: number, to: number): boolean;
  /**
   * Takes such a delta over from a page. Only in turn. Throws `no-path` for one that leads
   * elsewhere or is too large, `no-space`, and what `fetchBlob` throws.
   */
  take(
    offered: MadeDelta,
    asker: Asker,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Looks again at what the store holds. Only in turn. */
  refresh(): Promise<void>;
}

export function createWantedDeltas(options: WantedOptions): WantedDeltas {
  const { root, clock } = options;
  const prepared = new Map<object, Set<string>>();
  let records: readonly ReleaseRecord[] = [];
  let made: readonly MadeDelta[] = [];
  const nameOf = (from: number, to: number) => `${from} ${to}`;

  /**
   * The pair as a page has to find it; undefined where nothing is to be gained, or this laptop
   * makes it itself.
   */
  function pairFrom(from: number, newest: ReleaseRecord): Omit<WantedDelta, "laptops"> | undefined {
    const to = newest.version;
    const base = records.find(({ version }) => version === from)?.tree;
    if (base === undefined || canMakeBetween(root, from, to)) return undefined;
    if (made.some((one) => one.to === to && one.blob.from === from)) return undefined;
    if (!isWorthMaking(findSignedRoute(records, from, to), from)) return undefined;
    return { from, to, base, target: newest.tree };
  }

  function list(): WantedDelta[] {
    const newest = records.at(-1);
    if (newest === undefined) return [];
    const counts = new Map<number, number>();
    for (const laptop of options.laptops()) {
      const { version, unseenMs } = laptop;
      if (
        unseenMs > GONE_MS ||
        version === 0 ||
        version >= newest.version ||
        isHeld(laptop, newest)
      )
        continue;
      counts.set(version, (counts.get(version) ?? 0) + 1);
    }
    return [...counts]
      .sort(([a, most], [b, more]) => more - most || b - a)
      .flatMap(([from, laptops]) => {
        const pair = pairFrom(from, newest);
        return pair ? [{ ...pair, laptops }] : [];
      })
      .slice(0, MAX_WANTED);
  }

  /**
   * Whether it is still wanted is not asked: a laptop may have left, or come by both versions,
   * while the page made it.
   */
  function check({ to, blob }: MadeDelta): void {
    const newest = records.at(-1);
    const base = records.find(({ version }) => version === blob.from)?.tree;
    const fits =
      to === newest?.version && blob.base === base && blob.decoderBytes <= SMALL_DECODER_BYTES;
    if (newest && fits && blob.bytes <= mostBytes(newest)) return;
    throw new InfieldError(
      "no-path",
      `the delta from ${blob.from} to ${to} leads to no release that is the newest here`,
      "nothing to do: the laptops get there in another way",
    );
  }

  return {
    list,
    prepare(page, { from, to }, preparing) {
      const pairs = prepared.get(page) ?? new Set();
      if (preparing && pairs.size < MAX_WANTED) pairs.add(nameOf(from, to));
      if (!preparing) pairs.delete(nameOf(from, to));
      prepared.set(page, pairs);
    },
    leave: (page) => void prepared.delete(page),
    isPrepared: (from, to) => [...prepared.values()].some((pairs) => pairs.has(nameOf(from, to))),
    async take(offered, asker, onProgress, signal) {
      const { blob } = offered;
      check(offered);
      if (!(await hasRoomForMade(root, blob.bytes)))
        throw noSpace(root.path, `${blob.bytes} bytes`);
      const track = trackProgress(blob.bytes, clock.now);
      const source = pageSource(asker);
      await fetchBlob(blob, {
        root,
        clock,
        source,
        onProgress: (done) => onProgress(track(done)),
        signal,
      });
      await keepMade(root, offered);
      made = await readMade(root);
    },
    async refresh() {
      const channel = options.channel();
      const newest = await latestVersion(root.repository);
      records =
        channel === undefined || newest === 0
          ? []
          : (await readVerified(root.repository, channel)).map(({ record }) => record);
      made = await readMade(root);
    },
  };
}

/** It takes nothing up to the version it left. */
function isHeld(
  { state, target }: Pick<Laptop, "state" | "target">,
  { version }: ReleaseRecord,
): boolean {
  return state === "held" && (target ?? version) >= version;
}
