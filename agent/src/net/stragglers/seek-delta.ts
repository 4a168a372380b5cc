/**
 * The asking side: a straggler has a neighbour name a delta that leads straight from its own version to the newest. Nobody signed it, so all that
 * it claims is held against what is signed, or what any laptop can bear, before a byte of it is fetched.
 */
import {
  type Asker,
  type BlobRecord,
  blobPath,
  EMPTY_MANIFEST,
  InfieldError,
  type ReleaseRecord,
  SMALL_DECODER_BYTES,
  treeId,
} from "@infield/shared";
import { layoutOf, snapshotOf } from "../../store/layout.ts";
import { readMade } from "../../store/made-deltas.ts";
import type { Root } from "../../store/root.ts";
import { readManifestBytes } from "../../store/verify.ts";
import { sha256Hex } from "../../tree/sha256.ts";
import type { Clock } from "../clock.ts";
import type { Distrust } from "./distrust.ts";

export interface Neighbour {
  readonly asker: Asker;
  /** Who it is, as far as it cannot choose that itself. */
  readonly source: string;
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

/** The delta as the neighbour names it, if it is one worth fetching. Throws AbortError, `snapshot-damaged`, `io-failed`. */
export async function seekDelta(
  { root, clock, distrust }: { readonly root: Root; readonly clock: Clock; readonly distrust: Distrust },
  { asker, source }: Neighbour,
  sought: Sought,
  signal: AbortSignal,
): Promise<BlobRecord | undefined> {
  const version = sought.to.version;
  const giveUpAt = clock.now() + sought.waitMs;
  while (!distrust.hasSource(version, source)) {
    const answer = await ask(asker, sought, signal);
    if (answer === "pending") {
      if (clock.now() + ASK_AGAIN_MS > giveUpAt) return undefined;
      await pause(clock, ASK_AGAIN_MS, signal);
    } else if (answer === undefined || distrust.has(version, answer.root, source)) {
      return undefined;
    } else if (await isBearable(root, sought, answer)) {
      return answer.bytes < sought.maxBytes ? answer : undefined;
    } else {
      distrust.note(version, answer.root, source);
    }
  }
  return undefined;
}

/** A neighbour that cannot, or broke off, leaves us with what is signed. What it gives as the reason is its own. */
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
async function isBearable(root: Root, { from, to, signed }: Sought, delta: BlobRecord): Promise<boolean> {
  return (
    delta.from === from &&
    delta.base === (await ownTreeId(root, from)) &&
    // What every laptop gives: whether this one has more is nothing that somebody unknown may use up.
    delta.decoderBytes <= SMALL_DECODER_BYTES &&
    delta.writtenBytes <= to.treeBytes &&
    delta.writtenEntries <= to.entries &&
    !signed.has(delta.root) &&
    (await isOurs(root, to.version, delta))
  );
}

/** A name that is here already must be that of this very delta: else what a release needs would be thrown away with it. */
async function isOurs({ path, repository }: Root, to: number, { root }: BlobRecord): Promise<boolean> {
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
