/**
 * Taking a release that neighbours offer: its records from one of them, its bytes from all. The
 * room is told of pieces as soon as some are here.
 */
import type { Announcement } from "@infield/shared/announce";
import { peerFailed } from "@infield/shared/transfer";
import type { Source } from "../discovery/source.ts";
import { PieceSources } from "../fetch/piece-sources.ts";
import type { Bans } from "../peers/bans.ts";
import type { Links } from "../peers/links.ts";
import { isNeighboursFault } from "../peers/neighbour-fault.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import { fetchRecords, isReachable } from "./fetch-records.ts";
import { installRelease } from "./install-release.ts";
import type { Offer } from "./offer-queue.ts";
import type { UpdateContext } from "./update-context.ts";

export interface TakeOptions extends UpdateContext {
  readonly bans: Bans;
  readonly links: Links;
  dial(address: string, port: number, signal: AbortSignal): Promise<PeerLink>;
  /** Pieces of this release are here: tells the room, until what it returns is called. */
  share(announcement: Announcement): () => void;
}

/** Throws what went wrong with the last neighbour, what `installRelease` throws, AbortError. */
export async function takeOffer(
  options: TakeOptions,
  offer: Offer,
  signal: AbortSignal,
): Promise<void> {
  const { clock, bans, links } = options;
  let stopSharing: (() => void) | undefined;
  const pieceSources = new PieceSources({
    ...{ clock, bans, links, signal },
    dial: ({ address, port }, abort) => options.dial(address, port, abort),
    sources: () => offer.sources.values(),
  });
  const onPieces = () => {
    stopSharing ??= options.share(offer.announcement);
  };
  try {
    await takeFromAny(options, offer, pieceSources, onPieces, signal);
  } finally {
    stopSharing?.();
    pieceSources.close();
  }
}

/**
 * Asks one source after another for the records, in any order, until one knows a route; also those
 * that announce the release meanwhile.
 */
async function takeFromAny(
  options: TakeOptions,
  { announcement, sources }: Offer,
  pieceSources: PieceSources,
  onPieces: () => void,
  signal: AbortSignal,
): Promise<void> {
  const tried = new Set<string>();
  for (let failure: unknown = peerFailed("is not there"); ; ) {
    const source = takeUntried(options, sources, tried);
    if (source === undefined) throw failure;
    let isOnRoute = false;
    try {
      const { asker } = await pieceSources.dial(source);
      const records = await fetchRecords(options, asker, announcement, signal);
      isOnRoute = isReachable(options, records);
      return await installRelease(options, records, pieceSources, onPieces, signal);
    } catch (error) {
      failure = error;
      // What fails on a signed route has failed with everybody.
      if (isOnRoute || signal.aborted || !isNeighboursFault(error)) throw error;
    }
  }
}

/** One that was not tried yet, by chance; it is tried now. */
function takeUntried(
  { bans, clock }: TakeOptions,
  sources: ReadonlyMap<string, Source>,
  tried: Set<string>,
): Source | undefined {
  const fresh = [...sources].filter(([name, source]) => !tried.has(name) && !bans.has(source));
  const [name, source] = fresh[Math.floor(clock.random() * fresh.length)] ?? [];
  if (name !== undefined) tried.add(name);
  return source;
}
