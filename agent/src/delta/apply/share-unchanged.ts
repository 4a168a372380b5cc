/**
 * The files of a new tree that did not change, taken one after another by whichever thread is free:
 * a helper, and the applying thread once it has decoded what travelled. The helper begins before it
 * is known which files these are, by hashing what the base has. So it takes from the beginning of
 * the list, where it has hashed already, and the other from the end.
 */
import { availableParallelism } from "node:os";
import type { UnchangedFile } from "@infield/shared/delta";
import type { FileEntry } from "@infield/shared/tree";
import type { Hashed } from "../../host/file-stamp.ts";
import { startWorker, YOUNG_MIB } from "../start-worker.ts";
import { type Failure, threadFailed, toError } from "../thread-failure.ts";
import { FileSharer } from "./share-file.ts";
import { TreeWriter } from "./tree-writer.ts";

/**
 * A file counts for so many bytes besides its own: opening and linking one takes as long as hashing
 * them.
 */
const FILE_BYTES = 64 * 1024;
/**
 * Below so many bytes, some 4,000 files, the time that a thread saves is not worth the 12 MiB that
 * it takes.
 */
const HELPED_BYTES = 256 * 1024 * 1024;
/**
 * Places in `ShareJob.counters`: how many files were taken, and the bytes of those that are done.
 */
const TAKEN = 0;
const BYTES = 1;

/** Between which folders. */
export interface SharePlace {
  readonly baseFolder: string;
  /** The new tree. */
  readonly out: string;
  readonly mayLink: boolean;
}

/** What the helper knows from the beginning. */
export interface HelperStart {
  readonly place: SharePlace;
  /** As its manifest says. */
  readonly baseFiles: readonly FileEntry[];
}

/** Which files, once the new tree has all its directories. Plain data, for both threads. */
export interface ShareJob {
  readonly unchanged: readonly UnchangedFile[];
  /** Shared by the threads. */
  readonly counters: BigInt64Array;
}

export type ShareReply =
  | { readonly reply: "done"; readonly linked: ReadonlyMap<string, Hashed> }
  | Failure;

/** The other thread. */
export interface Helper {
  /** Has it share files until none is left to take; resolves to the hard links it made. Once. */
  share(job: ShareJob): Promise<ReadonlyMap<string, Hashed>>;
  /** Resolves once it is at nothing any more. */
  stop(): Promise<void>;
}

export interface Sharing {
  /** Bytes of the files that are done, whoever did them. */
  doneBytes(): number;
  /**
   * Takes part, and resolves when all files are there, to the hard links among them. Throws as
   * `FileSharer`.
   */
  finish(onFile: () => void): Promise<ReadonlyMap<string, Hashed>>;
}

/**
 * Starts a helper, if the files of the base are worth a thread of their own and there is a
 * processor for it.
 */
export function startHelper(start: HelperStart): Helper | undefined {
  const bytes = start.baseFiles.reduce((total, { size }) => total + size + FILE_BYTES, 0);
  if (availableParallelism() === 1 || bytes < HELPED_BYTES) return undefined;
  const worker = startWorker(import.meta.url, "share-worker", {
    workerData: start,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });
  const linked = new Promise<ReadonlyMap<string, Hashed>>((resolve, reject) => {
    worker.once("message", (reply: ShareReply) => {
      if (reply.reply === "done") resolve(reply.linked);
      else reject(toError(reply));
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(threadFailed("it ended early")));
  });
  // Whoever fails first is told of; the other one's failure is of no interest then.
  linked.catch(() => {});
  return {
    share(job) {
      worker.postMessage(job);
      return linked;
    },
    stop: async () => void (await worker.terminate()),
  };
}

/** Begins to share files, if there is a helper: else all is done by `finish`. */
export function startSharing(
  place: SharePlace,
  unchanged: ShareJob["unchanged"],
  helper: Helper | undefined,
): Sharing {
  const job = { unchanged, counters: new BigInt64Array(new SharedArrayBuffer(2 * 8)) };
  const theirs = helper?.share(job);
  return {
    doneBytes: () => Number(Atomics.load(job.counters, BYTES)),
    async finish(onFile) {
      const mine = shareFiles(sharerFor(place), place, job, "last", onFile);
      return theirs === undefined ? mine : new Map([...mine, ...(await theirs)]);
    },
  };
}

export function sharerFor({ out, mayLink }: SharePlace): FileSharer {
  return new FileSharer(new TreeWriter(out), mayLink);
}

/**
 * Shares files from one end of the list until none is left to take; gives the hard links it made.
 */
export function shareFiles(
  sharer: FileSharer,
  { baseFolder }: SharePlace,
  { unchanged, counters }: ShareJob,
  end: "first" | "last",
  onFile: () => void = () => {},
): ReadonlyMap<string, Hashed> {
  let mine = 0;
  // What both have taken never comes to more than there is, so the two ends do not meet.
  while (Atomics.add(counters, TAKEN, 1n) < unchanged.length) {
    mine++;
    const next = unchanged.at(end === "first" ? mine - 1 : -mine);
    if (next === undefined) break;
    const { target, old, mayLink } = next;
    sharer.share({ path: `${baseFolder}/${old.path}`, entry: old }, target, mayLink);
    Atomics.add(counters, BYTES, BigInt(target.size));
    onFile();
  }
  return sharer.linked;
}
