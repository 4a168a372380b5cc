/**
 * Installing a release whose records are here: with bytes from neighbours, or from our own
 * repository.
 */
import { InfieldError } from "@infield/shared/base";
import { readReleases } from "@infield/shared/records";
import { type BlobSource, fetchBlob } from "../fetch/fetch-blob.ts";
import { askerContents } from "../fetch/neighbour-contents.ts";
import { repairAndReport, type SelfRepair } from "../scrub/self-repair.ts";
import type { ContentSource } from "../store/snapshot/content.ts";
import { takeCheapestRoute } from "../stragglers/cheapest-route.ts";
import { isDamagedSnapshot } from "../tree/check-tree.ts";
import { type UpdateHooks, updateTo } from "../update/update.ts";
import type { FetchedRecords } from "./fetch-records.ts";
import type { UpdateContext } from "./update-context.ts";

/**
 * Installs a release with bytes from `sources`; `onPieces` is called when some are here. Throws
 * what `fetchBlob` and `updateTo` throw.
 */
export async function installRelease(
  context: UpdateContext,
  { announced, channel, releases, asker }: FetchedRecords,
  sources: BlobSource,
  onPieces: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { root, clock, status } = context;
  const target = announced.record;
  const hooks: UpdateHooks = {
    fetchBlob: (blob, onProgress, abort) =>
      fetchBlob(blob, {
        ...{ root, clock, source: sources, onProgress, signal: abort },
        onPieces(indexes) {
          context.tellHave(blob.root, indexes);
          onPieces();
        },
      }),
    onStep: (step) => status.set(step),
    signal,
  };
  const options = { ...context, sources, releases, target, signal };
  await takeCheapestRoute(options, hooks, (usable, watched) => {
    const update = () => updateTo(root, channel, usable, target.version, watched);
    return repairBaseAndRetry(context, [askerContents(asker, signal)], signal, update);
  });
}

/**
 * Installs a release whose blobs are all in our own repository. Throws `unknown-release`, and what
 * `updateTo` throws.
 */
export async function installFromRepository(
  context: UpdateContext,
  version: number,
  signal: AbortSignal,
): Promise<void> {
  const { root, keeper, status } = context;
  const channel = keeper.current();
  if (version === 0 || channel === undefined) {
    throw new InfieldError(
      "unknown-release",
      "this machine has no release to give",
      "hand one over first",
    );
  }
  const { releases } = await readReleases(root.repository, channel, { fatal: [] });
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
  await repairBaseAndRetry(context, [], signal, () =>
    updateTo(root, channel, releases, version, hooks),
  );
}

/**
 * Runs an update. Where it comes upon a damaged base (a file that somebody edited in place), mends
 * that from `others` and runs it once more: damage is never carried on.
 */
export async function repairBaseAndRetry(
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
