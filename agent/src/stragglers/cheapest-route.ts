/**
 * How a laptop that is behind gets to a release with the fewest bytes: by the signed deltas, one
 * after another, or by one that somebody makes from its very version; by a full install when
 * nothing else leads there. A delta that nobody signed is only ever a try, with the signed route to
 * fall back on (docs/protocol.md, section 8).
 */
import { InfieldError, isAbort } from "@infield/shared/base";
import type { BlobRecord, Release, ReleaseRecord } from "@infield/shared/records";
import { peerFailed } from "@infield/shared/transfer";
import { watchRate } from "../fetch/least-rate.ts";
import { debug } from "../host/debug.ts";
import type { WritableRoot } from "../store/root/root.ts";
import { dropMade, hasSpaceForMade, keepMade } from "../store/snapshot/made-deltas.ts";
import type { Clock } from "../timing/clock.ts";
import type { UpdateHooks } from "../update/update.ts";
import { type DeltaSearch, findDelta, type UnsignedDelta } from "./find-delta.ts";
import { findSignedRoute, isWorthMaking, mostBytes, type SignedRoute } from "./signed-route.ts";

const log = debug("deltas");

export interface RouteOptions extends DeltaSearch {
  readonly root: WritableRoot;
  /** Signed: the one to go to, and those that its deltas lead through. */
  readonly releases: readonly Release[];
  readonly target: ReleaseRecord;
}

type Update = (releases: readonly Release[], hooks: UpdateHooks) => Promise<void>;

/**
 * How long a straggler waits for a delta that is being made: a long chain takes longer than
 * waiting, as building a version takes some seconds. A delta that is ready later is there for the
 * next try.
 */
const LEAST_WAIT_MS = 60_000;
const WAIT_PER_DELTA_MS = 10_000;
const MOST_WAIT_MS = 300_000;

/** After these no other delta would help: the fault is this laptop's, or the release's. */
const NO_DELTAS_FAULT = [
  "health-failed",
  "io-failed",
  "snapshot-damaged",
  "release-held",
  "release-too-old",
];

/**
 * Runs `update` with the deltas that there are, leaving out those that fail, until one route leads
 * there. Throws what `update` throws.
 */
export async function takeCheapestRoute(
  options: RouteOptions,
  hooks: UpdateHooks,
  update: Update,
): Promise<void> {
  const routes = new Routes(options);
  await routes.findUnsigned();
  for (;;) {
    let failed: BlobRecord | undefined;
    const onFailed = (blob: BlobRecord) => {
      failed = blob;
    };
    try {
      return await update(routes.releases(), watched(options.clock, hooks, routes, onFailed));
    } catch (error) {
      if (isAbort(error) || !(error instanceof InfieldError)) throw error;
      await routes.leaveOut(error, failed);
    }
  }
}

/** The deltas that may still lead there. */
class Routes {
  readonly #options: RouteOptions;
  /** Names of signed deltas that nobody gives. */
  readonly #unavailable = new Set<string>();
  #unsigned: UnsignedDelta | undefined;

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  isUnsigned(blob: BlobRecord): boolean {
    return blob.root === this.#unsigned?.blob.root;
  }

  /**
   * The releases as an update is to see them: without the deltas that are not to be had, and with
   * the one that nobody signed.
   */
  releases(): Release[] {
    const { version } = this.#options.target;
    const unsigned = this.#unsigned?.blob;
    return this.#signedReleases().map(({ file, record }) => {
      if (unsigned === undefined || record.version !== version) return { file, record };
      return { file, record: { ...record, blobs: [...record.blobs, unsigned] } };
    });
  }

  /** Has neighbours name a delta that nobody signed, where that may save something. */
  async findUnsigned(): Promise<void> {
    const { current } = this.#options.root.state();
    const signed = this.#signedRoute();
    const isWorth = isWorthMaking(signed, current);
    log(
      "%d → %d: signed route of %O bytes; another delta %s",
      ...[current, this.#options.target.version, signed?.bytes],
      isWorth ? "may save something" : "would save nothing",
    );
    if (!isWorth) return;
    if (current !== 0) this.#unsigned = await this.#findFrom(current, signed);
    // From nothing only where there is no other route.
    if (signed === undefined) this.#unsigned ??= await this.#findFrom(0, undefined);
  }

  /**
   * An update failed, perhaps because of the blob `failed`: leaves out what was at fault. Throws
   * the error where nothing was, or nothing else leads there.
   */
  async leaveOut(error: InfieldError, failed: BlobRecord | undefined): Promise<void> {
    const unsigned = this.#unsigned;
    log("the route failed: %s; blob %s", error, failed?.root ?? "not at fault");
    if (unsigned && isFaultOf(unsigned.blob, error, failed)) {
      this.#unsigned = undefined;
      await reject(this.#options, unsigned, error, failed !== undefined);
      if (this.#signedRoute() === undefined) throw blame(error);
      return;
    }
    if (!failed || error.code !== "peer-failed" || this.#unavailable.has(failed.root)) throw error;
    this.#unavailable.add(failed.root);
    if (this.#signedRoute() !== undefined) return;
    if (unsigned === undefined) await this.findUnsigned();
    if (this.#unsigned === undefined) throw error;
  }

  #signedReleases(): Release[] {
    return this.#options.releases.map(({ file, record }) => {
      const blobs = record.blobs.filter((blob) => !this.#unavailable.has(blob.root));
      return { file, record: { ...record, blobs } };
    });
  }

  #signedRoute(): SignedRoute | undefined {
    const { root, target } = this.#options;
    const records = this.#signedReleases().map(({ record }) => record);
    return findSignedRoute(records, root.state().current, target.version);
  }

  async #findFrom(
    from: number,
    signed: SignedRoute | undefined,
  ): Promise<UnsignedDelta | undefined> {
    const { root, target, releases } = this.#options;
    const names = releases.flatMap(({ record }) => record.blobs.map((blob) => blob.root));
    const found = await findDelta(this.#options, {
      ...{ from, to: target, signed: new Set(names) },
      waitMs: waitMs(signed?.steps.length ?? 0),
      maxBytes: signed?.bytes ?? mostBytes(target),
    });
    if (found === undefined || !(await hasSpaceForMade(root, found.blob.bytes))) return found;
    // Listed before it is proven, and named to nobody until its version is in use: so it outlives
    // the update, for the next straggler.
    await keepMade(root, { to: target.version, blob: found.blob });
    return found;
  }
}

function waitMs(signedDeltas: number): number {
  return Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, WAIT_PER_DELTA_MS * signedDeltas));
}

/** True where a delta that nobody signed may be at fault: it did not come, or led elsewhere. */
function isFaultOf(
  unsigned: BlobRecord,
  error: InfieldError,
  failed: BlobRecord | undefined,
): boolean {
  return (
    (failed === undefined || failed.root === unsigned.root) && !NO_DELTAS_FAULT.includes(error.code)
  );
}

/**
 * A full disk says nothing of a delta, and bytes that did not come say nothing of others' bytes.
 */
async function reject(
  { root, rejectedDeltas, target }: RouteOptions,
  { blob, source }: UnsignedDelta,
  { code }: InfieldError,
  isMissing: boolean,
): Promise<void> {
  if (code !== "no-space") rejectedDeltas.add(target.version, source, isMissing ? undefined : blob);
  await dropMade(root, blob.root);
}

/** What is wrong with a delta that a neighbour named is its fault: another one may do better. */
function blame(error: InfieldError): InfieldError {
  return error.code === "no-space"
    ? error
    : peerFailed(`gave no delta that leads there: ${error.message}`);
}

/**
 * Tells which blob did not come. The delta that nobody signed is given up when it crawls, as there
 * is another route.
 */
function watched(
  clock: Clock,
  hooks: UpdateHooks,
  routes: Routes,
  onFailed: (blob: BlobRecord) => void,
): UpdateHooks {
  return {
    ...hooks,
    fetchBlob(blob, onProgress, signal) {
      const fetch = routes.isUnsigned(blob) ? unlessSlow(clock, hooks.fetchBlob) : hooks.fetchBlob;
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
