/**
 * How a laptop that is behind gets to a release with the fewest bytes: by the signed deltas, one
 * after another, or by one that somebody makes from its very version; by all of it when nothing
 * else leads there. What nobody signed is only ever a try: what is signed comes after it
 * (docs/protocol.md, section 8).
 */
import { InfieldError, isAbort } from "@infield/shared/base";
import type { BlobRecord, ReleaseRecord } from "@infield/shared/records";
import { peerFailed } from "@infield/shared/transfer";
import { watchRate } from "../fetch/least-rate.ts";
import { dropMade, hasRoomForMade, keepMade } from "../store/snapshot/made-deltas.ts";
import type { Clock } from "../timing/clock.ts";
import type { UpdateHooks, VerifiedRelease } from "../update/update.ts";
import { type NamedDelta, type Seeker, seekDelta } from "./find-delta.ts";
import { findSignedRoute, isWorthMaking, mostBytes, type SignedRoute } from "./signed-route.ts";

export interface Way extends Seeker {
  /** Signed: the one to go to, and those that its deltas lead through. */
  readonly releases: readonly VerifiedRelease[];
  readonly target: ReleaseRecord;
}

type Update = (releases: readonly VerifiedRelease[], hooks: UpdateHooks) => Promise<void>;

/**
 * How long a straggler waits for a delta that is being made: building a version takes some seconds,
 * so a long chain takes longer than waiting. When it is ready later, it is there for the next try
 * and the next straggler.
 */
const LEAST_WAIT_MS = 60_000;
const WAIT_PER_DELTA_MS = 10_000;
const MOST_WAIT_MS = 300_000;

/** After these nothing is better with another delta: it is this laptop, or the release itself. */
const NOT_THE_DELTAS = [
  "health-failed",
  "io-failed",
  "snapshot-damaged",
  "release-held",
  "release-too-old",
];

/**
 * Runs `update` with the deltas that there are, by fewer and fewer ways until one leads there.
 * Throws what `update` throws.
 */
export async function takeCheapestRoute(
  way: Way,
  hooks: UpdateHooks,
  update: Update,
): Promise<void> {
  const lacking = new Set<string>();
  let made = await seekDirect(way, lacking);
  for (;;) {
    let failed: BlobRecord | undefined;
    const onFailed = (blob: BlobRecord) => {
      failed = blob;
    };
    try {
      return await update(
        candidates(way, lacking, made?.blob),
        watched(way, hooks, made?.blob, onFailed),
      );
    } catch (error) {
      if (isAbort(error) || !(error instanceof InfieldError)) throw error;
      if (made && isTheDeltas(error, made.blob, failed)) {
        await reject(way, made, error, failed !== undefined);
        made = undefined;
        if (signedLeft(way, lacking) === undefined) throw blame(error);
      } else if (failed && error.code === "peer-failed" && !lacking.has(failed.root)) {
        lacking.add(failed.root);
        if (signedLeft(way, lacking) === undefined) made ??= await seekDirect(way, lacking);
        if (made === undefined && signedLeft(way, lacking) === undefined) throw error;
      } else throw error;
    }
  }
}

/**
 * What went wrong may be the fault of the delta that nobody signed: it could not be had, or led
 * elsewhere.
 */
function isTheDeltas(
  error: InfieldError,
  made: BlobRecord,
  failed: BlobRecord | undefined,
): boolean {
  return (
    (failed === undefined || failed.root === made.root) && !NOT_THE_DELTAS.includes(error.code)
  );
}

/**
 * A delta from the version in use, where it may save something; without any other way, one from
 * nothing.
 */
async function seekDirect(way: Way, lacking: ReadonlySet<string>): Promise<NamedDelta | undefined> {
  const { current } = way.root.state();
  const signed = signedLeft(way, lacking);
  if (!isWorthMaking(signed, current)) return undefined;
  const direct = current === 0 ? undefined : await seek(way, current, signed);
  return direct ?? (signed ? undefined : seek(way, 0, undefined));
}

async function seek(
  way: Way,
  from: number,
  signed: SignedRoute | undefined,
): Promise<NamedDelta | undefined> {
  const { root, target, releases } = way;
  const names = new Set(releases.flatMap(({ record }) => record.blobs.map((blob) => blob.root)));
  const waitMs = Math.min(
    MOST_WAIT_MS,
    Math.max(LEAST_WAIT_MS, WAIT_PER_DELTA_MS * (signed?.steps.length ?? 0)),
  );
  const sought = {
    from,
    to: target,
    signed: names,
    waitMs,
    maxBytes: signed?.bytes ?? mostBytes(target),
  };
  const made = await seekDelta(way, sought);
  if (made === undefined || !(await hasRoomForMade(root, made.blob.bytes))) return made;
  // Listed before it is proven, and named to nobody until its version is in use: so it outlives the
  // update, for the next straggler.
  await keepMade(root, { to: target.version, blob: made.blob });
  return made;
}

function signedLeft(way: Way, lacking: ReadonlySet<string>): SignedRoute | undefined {
  const records = candidates(way, lacking, undefined).map(({ record }) => record);
  return findSignedRoute(records, way.root.state().current, way.target.version);
}

/**
 * The releases as an update is to see them: without the deltas that cannot be had, and with the one
 * that was made.
 */
function candidates(
  { releases, target }: Way,
  lacking: ReadonlySet<string>,
  made: BlobRecord | undefined,
): VerifiedRelease[] {
  return releases.map(({ file, record }) => {
    const signed = record.blobs.filter((blob) => !lacking.has(blob.root));
    const blobs = made && record.version === target.version ? [...signed, made] : signed;
    return { file, record: { ...record, blobs } };
  });
}

/**
 * Tells which blob could not be had. The one that nobody signed is left when it crawls, as there is
 * another way.
 */
function watched(
  { clock }: Way,
  hooks: UpdateHooks,
  made: BlobRecord | undefined,
  onFailed: (blob: BlobRecord) => void,
): UpdateHooks {
  return {
    ...hooks,
    fetchBlob(blob, onProgress, signal) {
      const fetch = blob.root === made?.root ? unlessSlow(clock, hooks.fetchBlob) : hooks.fetchBlob;
      return fetch(blob, onProgress, signal).catch((error: unknown) => {
        onFailed(blob);
        throw error;
      });
    },
  };
}

function unlessSlow(clock: Clock, fetch: UpdateHooks["fetchBlob"]): UpdateHooks["fetchBlob"] {
  return async (blob, onProgress, signal) => {
    const slow = new AbortController();
    const rate = watchRate(clock, () => slow.abort(peerFailed("is too slow")));
    const show = (doneBytes: number) => {
      rate.progress(doneBytes);
      onProgress(doneBytes);
    };
    const either = signal ? AbortSignal.any([signal, slow.signal]) : slow.signal;
    await fetch(blob, show, either).finally(rate.stop);
  };
}

/**
 * A full disk says nothing of a delta, and bytes that did not come nothing of those that others may
 * have.
 */
async function reject(
  { root, rejectedDeltas, target }: Way,
  { blob, source }: NamedDelta,
  { code }: InfieldError,
  isMissing: boolean,
): Promise<void> {
  if (code !== "no-space")
    rejectedDeltas.note(target.version, source, isMissing ? undefined : blob);
  await dropMade(root, blob.root);
}

/**
 * What is wrong with a delta that a neighbour named is that neighbour's fault: another may do
 * better.
 */
function blame(error: InfieldError): InfieldError {
  return error.code === "no-space"
    ? error
    : peerFailed(`gave no delta that leads there: ${error.message}`);
}
