/**
 * Deltas that an open page is asked to make, as it may have trees that this laptop does not have
 * (docs/protocol.md, rule 8.8). Connected laptops report their versions, and what is signed says
 * whether a delta from there would save anything.
 */
import {
  formatBytes,
  InfieldError,
  type Progress,
  SMALL_DECODER_BYTES,
  trackProgress,
} from "@infield/shared/base";
import {
  type Channel,
  latestVersion,
  type ReleaseRecord,
  readReleases,
} from "@infield/shared/records";
import { type Asker, type Laptop, MAX_WANTED, type WantedDelta } from "@infield/shared/transfer";
import { fetchBlob, pageSource } from "../fetch/fetch-blob.ts";
import { noSpace } from "../host/io-error.ts";
import type { Root, WritableRoot } from "../store/root/root.ts";
import {
  hasSpaceForMade,
  keepMade,
  type MadeDelta,
  readMade,
} from "../store/snapshot/made-deltas.ts";
import type { Clock } from "../timing/clock.ts";
import { canMakeBetween } from "./make-delta.ts";
import { findSignedRoute, isWorthMaking, mostBytes } from "./signed-route.ts";
import { pairName, type VersionPair } from "./version-pair.ts";

/** One that was connected so lately is still in the room: connections come and go with fetches. */
const GONE_MS = 2 * 60_000;

/** A laptop of the room, as far as it matters here. */
type Straggler = Pick<Laptop, "version" | "unseenMs" | "state" | "target">;

interface WantedOptions {
  readonly root: Root;
  readonly clock: Clock;
  channel(): Channel | undefined;
  /** Laptops of the room, as they reported. */
  laptops(): readonly Straggler[];
}

export interface WantedDeltas {
  /** The one that helps most laptops comes first. */
  list(): WantedDelta[];
  /** A page is making this delta, or has given it up. `page` is any object that stands for it. */
  prepare(page: object, pair: VersionPair, preparing: boolean): void;
  /** The page is gone. */
  leave(page: object): void;
  isPrepared(from: number, to: number): boolean;
  /**
   * Takes such a delta over from a page. Throws `no-path` for one that leads
   * elsewhere or is too large, `no-space`, and what `fetchBlob` throws.
   */
  take(
    writable: WritableRoot,
    offered: MadeDelta,
    asker: Asker,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Looks again at what the store holds. Only within a change. */
  refresh(): Promise<void>;
}

/** What the store held when it was looked at last. */
interface Stock {
  /** Of all releases, the newest last. */
  readonly records: readonly ReleaseRecord[];
  readonly made: readonly MadeDelta[];
}

export function createWantedDeltas(options: WantedOptions): WantedDeltas {
  const { root, clock } = options;
  const pages = new PagesAtWork();
  let stock: Stock = { records: [], made: [] };

  return {
    list: () => listWanted(root, stock, options.laptops()),
    prepare: (page, pair, preparing) => pages.prepare(page, pair, preparing),
    leave: (page) => pages.leave(page),
    isPrepared: (from, to) => pages.isPrepared({ from, to }),
    async take(writable, offered, asker, onProgress, signal) {
      const { blob } = offered;
      check(stock, offered);
      if (!(await hasSpaceForMade(root, blob.bytes)))
        throw noSpace(root.path, formatBytes(blob.bytes));
      const track = trackProgress(blob.bytes, clock.now);
      await fetchBlob(blob, {
        ...{ root: writable, clock, source: pageSource(asker), signal },
        onProgress: (done) => onProgress(track(done)),
      });
      await keepMade(writable, offered);
      stock = { ...stock, made: await readMade(root) };
    },
    async refresh() {
      const records = await readRecords(root, options.channel());
      stock = { records, made: await readMade(root) };
    },
  };
}

/** What each page says that it is making. */
class PagesAtWork {
  readonly #pairs = new Map<object, Set<string>>();

  prepare(page: object, pair: VersionPair, preparing: boolean): void {
    const pairs = this.#pairs.get(page) ?? new Set();
    if (preparing && pairs.size < MAX_WANTED) pairs.add(pairName(pair));
    if (!preparing) pairs.delete(pairName(pair));
    this.#pairs.set(page, pairs);
  }

  leave(page: object): void {
    this.#pairs.delete(page);
  }

  isPrepared(pair: VersionPair): boolean {
    return [...this.#pairs.values()].some((pairs) => pairs.has(pairName(pair)));
  }
}

function listWanted(root: Root, stock: Stock, laptops: readonly Straggler[]): WantedDelta[] {
  const newest = stock.records.at(-1);
  if (newest === undefined) return [];
  const counts = new Map<number, number>();
  for (const laptop of laptops) {
    if (isStraggler(laptop, newest))
      counts.set(laptop.version, (counts.get(laptop.version) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, most], [b, more]) => more - most || b - a)
    .flatMap(([from, count]) => {
      const base = baseOf(root, stock, from, newest);
      if (base === undefined) return [];
      return [{ from, to: newest.version, base, target: newest.tree, laptops: count }];
    })
    .slice(0, MAX_WANTED);
}

/** True for a laptop that is still in the room and would take the newest release. */
function isStraggler({ version, unseenMs, state, target }: Straggler, newest: ReleaseRecord) {
  // Held, it takes nothing up to the version that it left.
  const isHeld = state === "held" && (target ?? newest.version) >= newest.version;
  return unseenMs <= GONE_MS && version !== 0 && version < newest.version && !isHeld;
}

/**
 * The tree id of version `from`, by which a page finds it; undefined where a delta from there would
 * save nothing, or this laptop has it or makes it itself.
 */
function baseOf(
  root: Root,
  { records, made }: Stock,
  from: number,
  { version: to }: ReleaseRecord,
): string | undefined {
  if (canMakeBetween(root, from, to)) return undefined;
  if (made.some((one) => one.to === to && one.blob.from === from)) return undefined;
  if (!isWorthMaking(findSignedRoute(records, from, to), from)) return undefined;
  return treeOf(records, from);
}

function treeOf(records: readonly ReleaseRecord[], version: number): string | undefined {
  return records.find((record) => record.version === version)?.tree;
}

/**
 * Whether it is still wanted is not asked: a laptop may have left, or have come by both versions,
 * while the page made it.
 */
function check({ records }: Stock, { to, blob }: MadeDelta): void {
  const newest = records.at(-1);
  const fits =
    to === newest?.version &&
    blob.base === treeOf(records, blob.from) &&
    blob.decoderBytes <= SMALL_DECODER_BYTES;
  if (newest && fits && blob.bytes <= mostBytes(newest)) return;
  throw new InfieldError(
    "no-path",
    `the delta from ${blob.from} to ${to} does not lead to the newest release here`,
    "nothing to do: the laptops take another route",
  );
}

async function readRecords(root: Root, channel: Channel | undefined): Promise<ReleaseRecord[]> {
  if (channel === undefined || (await latestVersion(root.repository)) === 0) return [];
  return (await readReleases(root.repository, channel)).releases.map(({ record }) => record);
}
