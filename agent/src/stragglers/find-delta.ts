/**
 * The asking side: a straggler has its neighbours name a delta that leads straight from its own
 * version to the newest. Nobody signed it, so before a byte of it is fetched, all that is claimed
 * of it is checked against what is signed, or what any laptop can bear (docs/protocol.md, rule
 * 8.6).
 */
import { InfieldError, SMALL_DECODER_BYTES } from "@infield/shared/base";
import { type BlobRecord, blobPath, type ReleaseRecord } from "@infield/shared/records";
import { type Asker, peerFailed } from "@infield/shared/transfer";
import { EMPTY_MANIFEST, treeId } from "@infield/shared/tree";
import type { BlobSource } from "../fetch/fetch-blob.ts";
import { debug } from "../host/debug.ts";
import { sha256Hex } from "../host/sha256.ts";
import { layoutOf, snapshotOf } from "../store/root/layout.ts";
import type { Root } from "../store/root/root.ts";
import { readMade } from "../store/snapshot/made-deltas.ts";
import { readManifestBytes } from "../store/snapshot/snapshot-manifest.ts";
import type { Clock } from "../timing/clock.ts";
import type { RejectedDeltas } from "./rejected-deltas.ts";

const log = debug("deltas");

/** A delta that nobody signed, and who named it. */
export interface UnsignedDelta {
  readonly blob: BlobRecord;
  /** As `BlobSource` names a neighbour. */
  readonly source: string;
}

/** What it takes to look for a delta. */
export interface DeltaSearch {
  readonly root: Root;
  readonly clock: Clock;
  readonly rejectedDeltas: RejectedDeltas;
  /** Everybody whom the release is fetched from. */
  readonly sources: Pick<BlobSource, "ask">;
  readonly signal: AbortSignal;
}

/** The delta that is looked for. */
export interface DeltaQuery {
  readonly from: number;
  /** The release it leads to, signed. */
  readonly to: ReleaseRecord;
  /** Names of signed deltas: nothing else may have one of them. */
  readonly signed: ReadonlySet<string>;
  /** It must be smaller. */
  readonly maxBytes: number;
  /** How long to wait while it is being made. */
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
const OWN_FAULTS = ["snapshot-damaged", "io-failed"];

/**
 * The first delta worth fetching that a neighbour names. Throws AbortError, `snapshot-damaged`,
 * `io-failed`.
 */
export async function findDelta(
  search: DeltaSearch,
  query: DeltaQuery,
): Promise<UnsignedDelta | undefined> {
  const { clock, signal } = search;
  const giveUpAt = clock.now() + query.waitMs;
  /** Those who said that they have none, or named one that is worth nothing. */
  const done = new Set<string>();
  for (;;) {
    const found = await askAll(search, query, done);
    if (found !== "pending") {
      log("neighbours name for %d → %d: %O", query.from, query.to.version, found);
      return found;
    }
    if (clock.now() + ASK_AGAIN_MS > giveUpAt) return undefined;
    await pause(clock, ASK_AGAIN_MS, signal);
  }
}

/** Asks one after another until one names a delta; `pending` when none does and some make it. */
async function askAll(
  search: DeltaSearch,
  query: DeltaQuery,
  done: Set<string>,
): Promise<UnsignedDelta | "pending" | undefined> {
  let asked = 0;
  let isPending = false;
  try {
    return await search.sources.ask(async (asker, source) => {
      const isUseless =
        done.has(source) || search.rejectedDeltas.hasSource(query.to.version, source);
      if (isUseless || ++asked > MAX_ASKED) throw peerFailed("names no delta");
      const answer = await ask(asker, query, search.signal);
      if (answer === "pending") isPending = true;
      else if (answer && (await isWorthFetching(search, query, answer, source)))
        return { blob: answer, source };
      else done.add(source);
      throw peerFailed("names no delta");
    });
  } catch (error) {
    search.signal.throwIfAborted();
    if (!(error instanceof InfieldError) || OWN_FAULTS.includes(error.code)) throw error;
    return isPending ? "pending" : undefined;
  }
}

/** A neighbour that has none, or broke off, names none; what it says as the reason is its own. */
async function ask(
  asker: Asker,
  { from, to }: DeltaQuery,
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

async function isWorthFetching(
  { root, rejectedDeltas }: DeltaSearch,
  query: DeltaQuery,
  claim: BlobRecord,
  source: string,
): Promise<boolean> {
  const { version } = query.to;
  if (rejectedDeltas.has(version, claim, source)) return false;
  if (await isPlausible(root, query, claim)) return claim.bytes < query.maxBytes;
  log("%s claims an implausible delta: %O", source, claim);
  rejectedDeltas.add(version, source, claim);
  return false;
}

/** False for a claim that no honest neighbour makes. */
async function isPlausible(
  root: Root,
  { from, to, signed }: DeltaQuery,
  claim: BlobRecord,
): Promise<boolean> {
  return (
    claim.from === from &&
    claim.base === (await ownTreeId(root, from)) &&
    // What every laptop gives: should this one have more, that is not for somebody unknown to use
    // up.
    claim.decoderBytes <= SMALL_DECODER_BYTES &&
    claim.writtenBytes <= to.treeBytes &&
    claim.writtenEntries <= to.entries &&
    !signed.has(claim.root) &&
    (await isNameFree(root, to.version, claim))
  );
}

/**
 * A blob of this name that is here already must be this very delta: else what a release needs would
 * be thrown away with it.
 */
async function isNameFree(
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
