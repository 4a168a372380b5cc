/**
 * The records of one release, from one neighbour. It is believed nothing: all of them are signed.
 */
import { type Announcement, isSignedBy } from "@infield/shared/announce";
import { equalBytes, toBase64 } from "@infield/shared/base";
import type { Release } from "@infield/shared/records";
import {
  type Chain,
  type Channel,
  canReach,
  type ReleaseFile,
  type ReleaseRecord,
  releaseHash,
} from "@infield/shared/records";
import { type Asker, fetchChannel, fetchRelease, peerFailed } from "@infield/shared/transfer";
import { genuineSummary } from "../discovery/stored-announcement.ts";
import { isNeighboursFault } from "../peers/neighbour-fault.ts";
import type { Root } from "../store/root/root.ts";
import type { UpdateContext } from "./update-context.ts";

/** A release as one neighbour gave it, verified, with those that lead to it. */
export interface FetchedRecords {
  readonly announced: Release;
  readonly channel: Channel;
  /** The announced one, and those that its deltas lead through. */
  readonly releases: readonly Release[];
  /** Asks that neighbour. */
  readonly asker: Asker;
}

/** Releases looked for between ours and the announced one, when no direct delta leads there. */
const MAX_BETWEEN = 64;

/** The chain of the neighbour behind `asker`: it may have keys that are new to us. */
export async function fetchOwnChain(
  { root }: { readonly root: Root },
  asker: Asker,
  signal: AbortSignal,
): Promise<Chain> {
  return (await fetchChannel(asker, root.identity.channel ?? "", signal)).chain;
}

/**
 * Asks a neighbour for the records of an announced release and keeps them. Throws what
 * `isNeighboursFault` knows, AbortError.
 */
export async function fetchRecords(
  context: Pick<UpdateContext, "root" | "keeper">,
  asker: Asker,
  announcement: Announcement,
  signal: AbortSignal,
): Promise<FetchedRecords> {
  const { root, keeper } = context;
  const channel = await keeper.adopt(root, await fetchOwnChain(context, asker, signal));
  // Once more, now that the channel's newest keys are known (docs/protocol.md, rule 2.5).
  if (!isSignedBy(announcement.signed, channel))
    throw peerFailed("announced what no key of the channel signed");
  const announced = await fetchAnnounced(asker, channel, announcement, signal);
  const releases = await fetchRoute(asker, channel, announced, root.state().current, signal);
  for (const { file, record } of releases) await root.repository.writeRelease(file, record);
  return { announced, channel, releases, asker };
}

/** True when signed deltas lead to it from what is installed. */
export function isReachable(
  { root }: Pick<UpdateContext, "root">,
  { releases, announced }: FetchedRecords,
): boolean {
  return canReach(recordsOf(releases), root.state().current, announced.record.version);
}

async function fetchAnnounced(
  asker: Asker,
  channel: Channel,
  { version, recordHash, signed }: Announcement,
  signal: AbortSignal,
): Promise<Release> {
  const { file, record } = await fetchRelease(asker, channel, version, signal);
  if (!equalBytes(releaseHash(file), recordHash))
    throw peerFailed("sent another release than it announced");
  // The announcement as it was heard and verified: the copy in the neighbour's file is not signed
  // with the rest of it.
  return { file: { ...file, announcement: toBase64(signed) }, record };
}

/**
 * The release, and as many before it as it takes until deltas lead there from version `current`.
 */
async function fetchRoute(
  asker: Asker,
  channel: Channel,
  release: Release,
  current: number,
  signal: AbortSignal,
): Promise<Release[]> {
  const target = release.record.version;
  const releases = [release];
  const last = Math.max(current, target - 1 - MAX_BETWEEN);
  for (
    let version = target - 1;
    version > last && !canReach(recordsOf(releases), current, target);
    version--
  ) {
    const between = await fetchRelease(asker, channel, version, signal).catch((error: unknown) => {
      if (!isNeighboursFault(error)) throw error;
    });
    if (between) releases.push({ ...between, file: withoutForgery(between.file, channel) });
  }
  return releases;
}

function recordsOf(releases: readonly Release[]): ReleaseRecord[] {
  return releases.map(({ record }) => record);
}

/** An announcement in a neighbour's file that nobody signed is not kept. */
function withoutForgery(file: ReleaseFile, channel: Channel): ReleaseFile {
  return genuineSummary(file, channel) ? file : { ...file, announcement: "" };
}
