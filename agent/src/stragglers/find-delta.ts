/**
 * The asking side: a straggler has its neighbours name a delta that leads straight from its own
 * version to the newest. Nobody signed it, so all that it claims is held against what is signed, or
 * what any laptop can bear, before a byte of it is fetched.
 */
import { InfieldError, SMALL_DECODER_BYTES } from "@infield/shared/base";
import { type BlobRecord, blobPath, type ReleaseRecord } from "@infield/shared/records";
import { type Asker, peerFailed } from "@infield/shared/transfer";
import { EMPTY_MANIFEST, treeId } from "@infield/shared/tree";
import type { BlobSource } from "../fetch/fetch-blob.ts";
import { sha256Hex } from "../host/sha256.ts";
import { layoutOf, snapshotOf } from "../store/root/layout.ts";
import type { Root } from "../store/root/root.ts";
import { readMade } from "../store/snapshot/made-deltas.ts";
import { readManifestBytes } from "../store/snapshot/verify.ts";
import type { Clock } from "../timing/clock.ts";
import type { RejectedDeltas } from "./rejected-deltas.ts";

/** A delta, and who named it, as far as that one cannot choose its name itself. */
export interface NamedDelta {
  readonly blob: BlobRecord;
  readonly source: string;
}

/** What a laptop that seeks one goes by. */
export interface Seeker {
  readonly root: Root;
  readonly clock: Clock;
  readonly rejectedDeltas: RejectedDeltas;
  /** Everybody whom the release is fetched from. */
  readonly sources: Pick<BlobSource, "ask">;
  readonly signal: AbortSignal;
}

interface Sought {
  readonly from: number;
  /** The release it leads to, signed. */
  readonly to: ReleaseRecord;
  /** Names of signed deltas: nothing else may go by them. */
  readonly signed: ReadonlySet<string>;
  /** It must be smaller. */
  readonly maxBytes: number;
  /** How long it is waited for while it is being made. */
  readonly waitMs: number;
}

/** Between two questions while a delta is being made. */
const ASK_AGAIN_MS = 1_000;
/**
 * Neighbours asked for one delta at a time: a room full of them would answer for longer than it
 * takes to make it.
 */
const MAX_ASKED = 8;
/** What is wrong with this laptop, whoever is asked. */
const OURS = ["snapshot-damaged", "io-failed"];

/**
 * The first delta worth fetching that a neighbour names. Throws AbortError, `snapshot-damaged`,
 * `io-failed`.
 */
export async function seekDelta(seeker: Seeker, sought: Sought): Promise<NamedDelta | undefined> {
  const { clock, signal } = seeker;
  const giveUpAt = clock.now() + sought.waitMs;
  /** Those who said that they have none, or named one that is worth nothing. */
  const done = new Set<string>();
  for (;;) {
    const found = await askAll(seeker, sought, done);
    if (found !== "pending") return found;
    if (clock.now() + ASK_AGAIN_MS > giveUpAt) return undefined;
    await pause(clock, ASK_AGAIN_MS, signal);
  }
}

/** One after another, until one names a delta; `pending` when none does and somebody makes it. */
async function askAll(
  seeker: Seeker,
  sought: Sought,
  done: Set<string>,
): Promise<NamedDelta | "pending" | undefined> {
  let asked = 0;
  let isPending = false;
  try {
    return await seeker.sources.ask(async (asker, source) => {
      const isUseless =
        done.has(source) || seeker.rejectedDeltas.hasSource(sought.to.version, source);
      if (isUseless || ++asked > MAX_ASKED) throw peerFailed("names no delta");
      const answer = await ask(asker, sought, seeker.signal);
      if (answer === "pending") isPending = true;
      else if (answer && (await isWorthFetching(seeker, sought, answer, source)))
        return { blob: answer, source };
      else done.add(source);
      throw peerFailed("names no delta");
    });
  } catch (error) {
    seeker.signal.throwIfAborted();
    if (!(error instanceof InfieldError) || OURS.includes(error.code)) throw error;
    return isPending ? "pending" : undefined;
  }
}

async function isWorthFetching(
  { root, rejectedDeltas }: Seeker,
  sought: Sought,
  blob: BlobRecord,
  source: string,
): Promise<boolean> {
  const { version } = sought.to;
  if (rejectedDeltas.has(version, blob, source)) return false;
  if (await isBearable(root, sought, blob)) return blob.bytes < sought.maxBytes;
  rejectedDeltas.note(version, source, blob);
  return false;
}

/**
 * A neighbour that cannot, or broke off, leaves us with what is signed. What it gives as the reason
 * is its own.
 */
async function ask(
  asker: Asker,
  { from, to }: Sought,
  signal: AbortSignal,
): Promise<BlobRecord | "pending" | undefined> {
  try {
    return await asker.askDelta({ from, to: to.version }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof InfieldError)) throw error;
    return error.code === "delta-pending" ? "pending" : undefined;
  }
}

/** False for a claim that no honest neighbour makes. */
async function isBearable(
  root: Root,
  { from, to, signed }: Sought,
  delta: BlobRecord,
): Promise<boolean> {
  return (
    delta.from === from &&
    delta.base === (await ownTreeId(root, from)) &&
    // What every laptop gives: whether this one has more is nothing that somebody unknown may use
    // up.
    delta.decoderBytes <= SMALL_DECODER_BYTES &&
    delta.writtenBytes <= to.treeBytes &&
    delta.writtenEntries <= to.entries &&
    !signed.has(delta.root) &&
    (await isOurs(root, to.version, delta))
  );
}

/**
 * A name that is here already must be that of this very delta: else what a release needs would be
 * thrown away with it.
 */
async function isOurs(
  { path, repository }: Root,
  to: number,
  { root }: BlobRecord,
): Promise<boolean> {
  if ((await repository.open(blobPath(root))) === undefined) return true;
  const made = await readMade({ path, repository });
  return made.some((one) => one.to === to && one.blob.root === root);
}

async function ownTreeId({ path }: Root, version: number): Promise<string> {
  if (version === 0) return treeId(EMPTY_MANIFEST);
  return sha256Hex(await readManifestBytes(snapshotOf(layoutOf(path), version)));
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.startTimer(ms, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort);
  });
}
