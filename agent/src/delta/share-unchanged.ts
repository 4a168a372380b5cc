/**
 * The files of a new tree that did not change, taken one after another by whichever thread is free: a helper from the beginning, and
 * the applying thread once it has decoded what travelled. Both ask one counter for the next file, so that none is taken twice.
 */
import { availableParallelism } from "node:os";
import type { FileEntry } from "@infield/shared";
import type { Hashed } from "../store/stamp.ts";
import { FileSharer } from "./share-file.ts";
import { startWorker, YOUNG_MIB } from "./start-worker.ts";
import { type Failure, threadFailed, toError } from "./thread-failure.ts";
import { TreeWriter } from "./tree-writer.ts";

/** A file counts for so many bytes besides its own: opening and linking one takes as long as hashing them. */
const FILE_BYTES = 64 * 1024;
/** Below so many bytes, some 4,000 files, the time that a thread saves is not worth the 12 MiB that it takes. */
const HELPED_BYTES = 256 * 1024 * 1024;
/** Places in `ShareJob.counters`: of the next file, and the bytes of those that are done. */
const NEXT = 0;
const BYTES = 1;

/** Plain data, for both threads. */
export interface ShareJob {
  /** The new tree, with all its directories. */
  readonly out: string;
  readonly baseFolder: string;
  readonly mayLink: boolean;
  readonly unchanged: readonly { readonly target: FileEntry; readonly old: FileEntry }[];
  /** Shared by the threads. */
  readonly counters: BigInt64Array;
}

export type ShareReply = { readonly reply: "done"; readonly linked: ReadonlyMap<string, Hashed> } | Failure;

export interface Sharing {
  /** Bytes of the files that are done, whoever did them. */
  doneBytes(): number;
  /** Takes part, and resolves when all files are there, to the hard links among them. Throws as `FileSharer`. */
  finish(onFile: () => void): Promise<ReadonlyMap<string, Hashed>>;
  /** Resolves once no other thread is at it. */
  stop(): Promise<void>;
}

/** Begins to share files, if they are worth a thread of their own and there is a processor for it. */
export function startSharing(plan: Omit<ShareJob, "counters">): Sharing {
  const job = { ...plan, counters: new BigInt64Array(new SharedArrayBuffer(2 * 8)) };
  const helper = isWorthAThread(job) ? startHelper(job) : undefined;
  return {
    doneBytes: () => Number(Atomics.load(job.counters, BYTES)),
    async finish(onFile) {
      const mine = shareFiles(job, onFile);
      return helper === undefined ? mine : new Map([...mine, ...(await helper.linked)]);
    },
    stop: async () => helper?.stop(),
  };
}

/** Shares files until none is left to take; gives the hard links it made. */
export function shareFiles(job: ShareJob, onFile: () => void): ReadonlyMap<string, Hashed> {
  const { out, baseFolder, mayLink, unchanged, counters } = job;
  const sharer = new FileSharer(new TreeWriter(out), mayLink);
  const take = () => unchanged[Number(Atomics.add(counters, NEXT, 1n))];
  for (let next = take(); next !== undefined; next = take()) {
    const { target, old } = next;
    sharer.share({ path: `${baseFolder}/${old.path}`, entry: old }, target);
    Atomics.add(counters, BYTES, BigInt(target.size));
    onFile();
  }
  return sharer.linked;
}

function isWorthAThread({ unchanged }: ShareJob): boolean {
  const bytes = unchanged.reduce((total, { target }) => total + target.size + FILE_BYTES, 0);
  return availableParallelism() > 1 && bytes >= HELPED_BYTES;
}

function startHelper(job: ShareJob): { linked: Promise<ReadonlyMap<string, Hashed>>; stop(): Promise<void> } {
  const worker = startWorker("share-worker", {
    workerData: job,
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
  return { linked, stop: async () => void (await worker.terminate()) };
}
