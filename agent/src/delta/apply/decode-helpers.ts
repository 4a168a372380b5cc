/**
 * Other threads that decode what travelled, each with a codec of its own, beside the applying one.
 * A laptop waits for its decoder more than for its disk, and has more than one processor.
 */
import { availableParallelism, freemem } from "node:os";
import { startWorker, YOUNG_MIB } from "../start-worker.ts";
import { type Failure, threadFailed, toError } from "../thread-failure.ts";
import type { ApplyJob } from "./apply-job.ts";
import type { CarriedJob, Hashes } from "./carried-files.ts";

export interface DecodeStart {
  readonly job: Pick<ApplyJob, "delta" | "baseFolder" | "baseManifest" | "out" | "memoryBytes">;
  readonly carried: CarriedJob;
}
export type DecodeReply = { readonly reply: "done"; readonly hashes: Hashes } | Failure;

/** Another thread is worth its start from so many carried bytes on. */
const HELPED_BYTES = 16 * 1024 * 1024;
/** Threads in all: more would wait for each other at the disk. */
const MOST_THREADS = 4;
/** What a thread takes besides what the delta's header states, in bytes. */
const THREAD_BYTES = 24 * 1024 * 1024;
/** Share of the free memory that all threads may take. */
const MEMORY_SHARE = 0.5;

export interface DecodeHelpers {
  /** Resolves once no helper is at work any more; throws what the first one that failed threw. */
  finish(): Promise<Hashes>;
  /** Resolves once they are at nothing any more. */
  stop(): Promise<void>;
}

/** Starts as many as there is work, memory and processors for. */
export function startDecodeHelpers(start: DecodeStart): DecodeHelpers {
  const workers = Array.from({ length: countHelpers(start) }, () =>
    startWorker(import.meta.url, "decode-worker", {
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    }),
  );
  const hashes = workers.map(
    (worker) =>
      new Promise<Hashes>((resolve, reject) => {
        worker.once("message", (reply: DecodeReply) => {
          if (reply.reply === "done") resolve(reply.hashes);
          else reject(toError(reply));
        });
        worker.once("error", reject);
        worker.once("exit", () => reject(threadFailed("it ended early")));
      }),
  );
  const all = Promise.all(hashes);
  // Whoever fails first is told of; the other one's failure is of no interest then.
  all.catch(() => {});
  return {
    finish: async () => new Map((await all).flatMap((some) => [...some])),
    stop: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
}

function countHelpers({ job, carried }: DecodeStart): number {
  const bytes = carried.carried.reduce((total, { size }) => total + size, 0);
  if (bytes < HELPED_BYTES) return 0;
  const affordable = Math.floor((freemem() * MEMORY_SHARE) / (job.memoryBytes + THREAD_BYTES));
  const most = Math.min(availableParallelism(), MOST_THREADS, carried.units.length, affordable);
  return Math.max(0, most - 1);
}
