/**
 * Taking one release, from one neighbour or from our own repository: check → fetch → install.
 * Nobody is believed anything.
 */
import { type Announcement, isSignedBy } from "@infield/shared/announce";
import { equalBytes, InfieldError, toBase64 } from "@infield/shared/base";
import {
  type Chain,
  type Channel,
  canReach,
  type ReleaseFile,
  type ReleaseRecord,
  readRelease,
  releaseHash,
} from "@infield/shared/records";
import { type Asker, fetchChannel, fetchRelease, peerFailed } from "@infield/shared/transfer";
import { genuineSummary } from "../discovery/stored-announcement.ts";
import { type BlobSource, fetchBlob } from "../fetch/fetch-blob.ts";
import { askerContents } from "../fetch/neighbour-contents.ts";
import type { OnEvent } from "../laptop/events.ts";
import type { LaptopStatus } from "../laptop/status.ts";
import { isNeighboursFault } from "../peers/neighbour-fault.ts";
import { repairAndReport, type SelfRepair } from "../scrub/self-repair.ts";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { Root } from "../store/root/root.ts";
import type { ContentSource } from "../store/snapshot/content.ts";
import { isDamagedSnapshot } from "../store/snapshot/verify.ts";
import { takeCheapestRoute } from "../stragglers/cheapest-route.ts";
import type { RejectedDeltas } from "../stragglers/rejected-deltas.ts";
import type { Clock } from "../timing/clock.ts";
import { type UpdateHooks, updateTo, type VerifiedRelease } from "../update/update.ts";

/** What taking a release works on. */
export interface Taking {
  readonly clock: Clock;
  readonly root: Root;
  readonly keeper: ChannelKeeper;
  readonly status: LaptopStatus;
  /** Deltas that nobody signed and that turned out wrong. */
  readonly rejectedDeltas: RejectedDeltas;
  readonly onEvent: OnEvent;
  /** Pieces of a blob on its way in can be served. */
  tellHave(blobRoot: string, indexes: readonly number[]): void;
}

/** Releases looked for between ours and the announced one, when no direct delta leads there. */
const MAX_BETWEEN = 64;

/** The chain of the neighbour behind `asker`: it may hold keys that are new to us. */
export async function learnKeys(
  { root }: Taking,
  asker: Asker,
  signal: AbortSignal,
): Promise<Chain> {
  return (await fetchChannel(asker, root.identity.channel ?? "", signal)).chain;
}

/**
 * A release as one neighbour gave it, verified, with what it takes to get there; and that
 * neighbour.
 */
export interface Learned {
  readonly announced: VerifiedRelease;
  readonly channel: Channel;
  readonly releases: readonly VerifiedRelease[];
  /** Asks that neighbour. */
  readonly asker: Asker;
}

/**
 * Asks a neighbour for the records of an announced release and keeps them. Throws what
 * `isNeighboursFault` knows, AbortError.
 */
export async function learnRelease(
  { root, keeper }: Taking,
  asker: Asker,
  announcement: Announcement,
  signal: AbortSignal,
): Promise<Learned> {
  const { version } = announcement;
  const { chain } = await fetchChannel(asker, root.identity.channel ?? "", signal);
  const channel = await keeper.adopt(chain);
  // Once more, now that the channel's newest keys are known (docs/protocol.md, rule 2.5).
  if (!isSignedBy(announcement.signed, channel))
    throw peerFailed("announced what no key of the channel signed");
  const release = await fetchRelease(asker, channel, version, signal);
  if (!equalBytes(releaseHash(release.file), announcement.recordHash)) {
    throw peerFailed("sent another release than it announced");
  }
  // The announcement as it was heard and verified; the copy in the neighbour's file is not signed
  // with the rest of it.
  const file = { ...release.file, announcement: toBase64(announcement.signed) };
  const announced = { ...release, file };
  const releases = await fetchRoute(asker, channel, announced, root.state().current, signal);
  for (const { file, record } of releases) await root.repository.writeRelease(file, record);
  return { announced, channel, releases, asker };
}

/** True when signed deltas lead to it from what is installed. */
export function isReachable({ root }: Taking, { releases, announced }: Learned): boolean {
  return canReach(recordsOf(releases), root.state().current, announced.record.version);
}

/**
 * Installs a release whose records are known, with bytes from `sources`; `onPieces` is called when
 * some are there. Throws what `fetchBlob` and `updateTo` throw.
 */
export async function installRelease(
  taking: Taking,
  { announced, channel, releases, asker }: Learned,
  sources: BlobSource,
  onPieces: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { root, clock, status } = taking;
  const target = announced.record;
  const hooks: UpdateHooks = {
    fetchBlob: (blob, onProgress, abort) =>
      fetchBlob(blob, {
        ...{ root, clock, source: sources, onProgress, signal: abort },
        onPieces(indexes) {
          taking.tellHave(blob.root, indexes);
          onPieces();
        },
      }),
    onStep: (step) => status.set(step),
    signal,
  };
  const options = { ...taking, sources, releases, target, signal };
  await takeCheapestRoute(options, hooks, (usable, watched) => {
    const take = () => updateTo(root, channel, usable, target.version, watched);
    return mendingBase(taking, [askerContents(asker, signal)], signal, take);
  });
}

/**
 * Runs an update; where it comes upon a damaged base (a file that somebody edited in place), mends
 * that from `others` and runs it once more: what is damaged is never carried on.
 */
export async function mendingBase(
  laptop: SelfRepair,
  others: readonly ContentSource[],
  signal: AbortSignal,
  update: () => Promise<void>,
): Promise<void> {
  try {
    await update();
  } catch (error) {
    if (!isDamagedSnapshot(error)) throw error;
    if (!(await repairAndReport(laptop, laptop.root.state().current, others, signal))) throw error;
    await update();
  }
}

/**
 * Installs a release whose blobs are all in our own repository. Throws `unknown-release`, and what
 * `updateTo` throws.
 */
export async function takeFromOwn(
  taking: Taking,
  version: number,
  signal: AbortSignal,
): Promise<void> {
  const { root, keeper, status } = taking;
  const channel = keeper.current();
  if (version === 0 || channel === undefined) {
    throw new InfieldError(
      "unknown-release",
      "this machine has no release to give",
      "hand one over first",
    );
  }
  const releases = await readAll(root, channel);
  const hooks: UpdateHooks = {
    async fetchBlob(blob) {
      throw new InfieldError(
        "repository-damaged",
        `blob ${blob.root.slice(0, 12)}… of the release is not on this machine`,
        "hand the release over again from the page",
      );
    },
    onStep: (step) => status.set(step),
    signal,
  };
  await mendingBase(taking, [], signal, () => updateTo(root, channel, releases, version, hooks));
}

/**
 * The release, and as many before it as it takes until deltas lead there from what is installed.
 */
async function fetchRoute(
  asker: Asker,
  channel: Channel,
  release: VerifiedRelease,
  current: number,
  signal: AbortSignal,
): Promise<VerifiedRelease[]> {
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

function recordsOf(releases: readonly VerifiedRelease[]): ReleaseRecord[] {
  return releases.map(({ record }) => record);
}

/**
 * The announcement in a neighbour's file is not signed with the rest of it: one that nobody signed
 * is not kept.
 */
function withoutForgery(file: ReleaseFile, channel: Channel): ReleaseFile {
  return genuineSummary(file, channel) ? file : { ...file, announcement: "" };
}

/** Every release of our own repository that verifies. */
async function readAll(root: Root, channel: Channel): Promise<VerifiedRelease[]> {
  const versions = await root.repository.versions();
  const read = await Promise.allSettled(
    versions.map((version) => readRelease(root.repository, channel, version)),
  );
  return read.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
