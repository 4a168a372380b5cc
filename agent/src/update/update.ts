/**
 * The main flow of a laptop: check → fetch (verified piece by piece) → build → switch → confirm.
 * And back again.
 */
import { InfieldError, type Progress, trackProgress } from "@infield/shared/base";
import {
  type BlobRecord,
  type Channel,
  canReach,
  findRoute,
  type Release,
  type ReleaseRecord,
  type Step,
} from "@infield/shared/records";
import { debug } from "../host/debug.ts";
import { hasSnapshot, retireVersions } from "../store/prune/retire.ts";
import { retireBlobs } from "../store/prune/retire-blobs.ts";
import { layBallast } from "../store/root/ballast.ts";
import { layoutOf, snapshotOf } from "../store/root/layout.ts";
import type { WritableRoot } from "../store/root/root.ts";
import { endTrial, goBack, switchTo } from "../store/root/switch.ts";
import { readSnapshotManifest } from "../store/snapshot/snapshot-manifest.ts";
import { buildSnapshot } from "../store/write/build.ts";
import { checkBlob } from "../store/write/incoming.ts";
import { checkTreeFiles, isDamagedSnapshot } from "../tree/check-tree.ts";
import { checkDataFormat, checkRelease, checkRoute, findWayBack } from "./rules.ts";

const log = debug("update");

export interface UpdateHooks {
  /**
   * Brings a blob into the root's repository by `receiveBlob` or `copyBlob`. Not called for blobs
   * that are there.
   */
  fetchBlob(
    blob: BlobRecord,
    onProgress: (doneBytes: number) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  /** `progress` counts bytes: fetched of to fetch, written of to write. */
  onStep(step: {
    state: "fetching" | "building" | "checking";
    target: number;
    progress?: Progress;
  }): void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings the root to version `target` of the channel by the cheapest route of deltas; where the
 * installed base is damaged, by a route that needs no base. Old or new whatever happens: on any
 * error the version in use stays the one in use. Throws `unknown-release`, `unknown-channel`,
 * `release-too-old`, `release-held`, `needs-system`, `no-path`, `no-space`, `delta-memory`,
 * `blob-damaged`, `delta-damaged`, `delta-too-new`, `snapshot-damaged`, `wrong-result`,
 * `io-failed`, `health-failed` (taken back, held), AbortError, and what `fetchBlob` throws.
 */
export async function updateTo(
  root: WritableRoot,
  channel: Channel,
  releases: readonly Release[],
  target: number,
  hooks: UpdateHooks,
): Promise<void> {
  // Of an earlier update of this process, whose last write failed: it is not to become the way back
  // unproven.
  await endTrial(root);
  const { file, record } = checkRelease(root, channel, releases, target);
  if (!(await hasSnapshot(root, record)))
    await installSnapshot({ root, releases, target, hooks, unavailable: new Set() });
  hooks.signal?.throwIfAborted();
  await root.repository.writeRelease(file, record);
  hooks.onStep({ state: "checking", target });
  await switchTo(root, target, record.health);
  await retireVersions(root);
  await retireBlobs(root);
  await layBallast(root.path);
}

export interface RollBackOptions {
  /** A confirmed earlier version; the one before when left out. */
  readonly to?: number | undefined;
  /** Also over a change of the data format. */
  readonly force?: boolean | undefined;
}

/**
 * Goes back to an earlier confirmed version, and holds the one that was left. Resolves to the
 * version now in use. Throws `nothing-to-roll-back`, `snapshot-damaged`, `data-format`, `io-failed`
 * (then nothing changed).
 */
export async function rollBack(
  root: WritableRoot,
  { to, force = false }: RollBackOptions = {},
): Promise<number> {
  const target = findWayBack(root, to);
  const snapshot = snapshotOf(layoutOf(root.path), target);
  await checkTreeFiles(snapshot.tree, await readSnapshotManifest(snapshot));
  if (!force) await checkDataFormat(root, target);
  await goBack(root, target);
  return target;
}

/** Takes nothing newer any more, until `resume`. */
export function hold(root: WritableRoot): Promise<void> {
  return root.save({ ...root.record, holding: true });
}

/** Lifts every hold: the release that was left, and whatever is newer, may be taken again. */
export function resume(root: WritableRoot): Promise<void> {
  return root.save({ ...root.record, held: undefined, holding: undefined });
}

/** Notes durably which version the laptop's own command was told of. */
export function noteTold(root: WritableRoot, version: number): Promise<void> {
  return root.save({ ...root.record, told: version });
}

/** A checked update that is to be carried out. */
interface Plan {
  readonly root: WritableRoot;
  readonly releases: readonly Release[];
  readonly target: number;
  readonly hooks: UpdateHooks;
  /** Roots of blobs that could not be had, or were damaged where they came from. */
  readonly unavailable: Set<string>;
}

/** What says of a blob that another route may do without it. */
const UNAVAILABLE = new Set<string>(["repository-damaged", "blob-damaged"]);

/**
 * Tries the cheapest route. Where a blob of it cannot be had, the cheapest without that blob; where
 * the base turns out to be damaged, one that needs no base.
 */
async function installSnapshot(plan: Plan): Promise<void> {
  const { unavailable } = plan;
  const [route, whole] = findRoutes(plan);
  const before = unavailable.size;
  try {
    await followRoute(plan, route);
  } catch (error) {
    if (unavailable.size > before && hasOtherRoute(plan)) await installSnapshot(plan);
    else if (whole !== undefined && isDamagedSnapshot(error)) await followRoute(plan, whole);
    else throw error;
  }
}

function hasOtherRoute(plan: Plan): boolean {
  const records = usable(plan);
  return [plan.root.state().current, 0].some((from) => canReach(records, from, plan.target));
}

/** The releases, with those of their blobs that are not known to be unavailable. */
function usable({ releases, unavailable }: Plan): ReleaseRecord[] {
  return releases.map(({ record }) => ({
    ...record,
    blobs: record.blobs.filter(({ root }) => !unavailable.has(root)),
  }));
}

/**
 * The route from the version in use, and as the second choice the one from nothing, which must not
 * lead through the version in use: that one stays where it is until another is switched to. Throws
 * `no-path`.
 */
function findRoutes(plan: Plan): [Step[], Step[]?] {
  const { root, target } = plan;
  const { current } = root.state();
  const records = usable(plan);
  const others = records.filter(({ version }) => version !== current);
  if (!canReach(others, 0, target)) return [findRoute(records, current, target)];
  const whole = findRoute(others, 0, target);
  return canReach(records, current, target)
    ? [findRoute(records, current, target), whole]
    : [whole];
}

async function followRoute(plan: Plan, route: readonly Step[]): Promise<void> {
  log("route to version %d: %s", plan.target, describeRoute(route));
  await checkRoute(plan.root, route);
  await fetchBlobs(plan, route);
  await buildSnapshots(plan, route);
}

function describeRoute(route: readonly Step[]): string {
  return route
    .map(({ release, blob }) => `${blob.from} to ${release.version}, ${blob.bytes} bytes`)
    .join("; ");
}

async function fetchBlobs(plan: Plan, route: readonly Step[]): Promise<void> {
  const { root, target, hooks } = plan;
  const missing: BlobRecord[] = [];
  for (const { blob } of route) if (!(await checkBlob(root, blob))) missing.push(blob);
  const total = missing.reduce((sum, blob) => sum + blob.bytes, 0);
  const track = trackProgress(total, () => performance.now());
  let before = 0;
  for (const blob of missing) {
    hooks.signal?.throwIfAborted();
    const report = (doneBytes: number) =>
      hooks.onStep({ state: "fetching", target, progress: track(before + doneBytes) });
    report(0);
    await fetchBlob(plan, blob, report);
    before += blob.bytes;
  }
}

async function fetchBlob(
  { hooks, unavailable }: Plan,
  blob: BlobRecord,
  report: (doneBytes: number) => void,
): Promise<void> {
  try {
    await hooks.fetchBlob(blob, report, hooks.signal);
  } catch (error) {
    if (error instanceof InfieldError && UNAVAILABLE.has(error.code)) unavailable.add(blob.root);
    throw error;
  }
}

/** Every version of a chain is built from the one before it; only the last will be switched to. */
async function buildSnapshots(
  { root, releases, target, hooks }: Plan,
  route: readonly Step[],
): Promise<void> {
  const total = route.reduce((sum, step) => sum + step.release.treeBytes, 0);
  const track = trackProgress(total, () => performance.now());
  let before = 0;
  for (const { release: record, blob } of route) {
    const onProgress = (doneBytes: number) =>
      hooks.onStep({ state: "building", target, progress: track(before + doneBytes) });
    const release = releases.find((candidate) => candidate.record.version === record.version);
    if (release !== undefined && !(await hasSnapshot(root, record))) {
      onProgress(0);
      await buildSnapshot(root, release, blob, { onProgress, signal: hooks.signal });
    }
    before += record.treeBytes;
  }
}
