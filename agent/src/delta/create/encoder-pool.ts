/**
 * The delta encoder of Node: as many worker threads as there are cores and memory for, each with
 * its own codec. Workers are started when there is work for them; a cancelled job takes its worker
 * along, as WebAssembly cannot be interrupted.
 */
import { availableParallelism, totalmem } from "node:os";
import type { Worker } from "node:worker_threads";
import { InfieldError } from "@infield/shared/base";
import { countWorkers, type DeltaEncoder } from "@infield/shared/delta";
import { startWorker } from "../start-worker.ts";
import type { EncoderJob, EncoderReply } from "./encoder-protocol.ts";
import { openShelf } from "./encoder-shelf.ts";

interface EncoderPool extends DeltaEncoder {
  /** Ends all workers; what they were doing fails, and what they made is gone. */
  close(): Promise<void>;
}

export interface EncoderPoolOptions {
  /** One worker, which gets what no other program wants of the processor. */
  readonly background?: boolean;
}

/** An encoder without workers yet. */
export function openEncoderPool({ background = false }: EncoderPoolOptions = {}): EncoderPool {
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const shelf = openShelf();

  function takeWorker(): Worker {
    const worker =
      idle.pop() ?? startWorker(import.meta.url, "encoder-worker", { workerData: { background } });
    all.add(worker);
    return worker;
  }

  /** Runs one job to its last reply. */
  async function run(
    job: EncoderJob,
    transfer: Uint8Array[],
    onProgress: (fraction: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<EncoderReply> {
    signal?.throwIfAborted();
    const worker = takeWorker();
    try {
      const reply = await exchange(worker, job, transfer, onProgress, signal);
      idle.push(worker);
      return reply;
    } catch (error) {
      all.delete(worker);
      await worker.terminate();
      throw error;
    }
  }

  return {
    parallel: background ? 1 : countWorkers(availableParallelism(), usableMemoryBytes()),
    async encodeGroup(base, target, level, onProgress, signal) {
      const job = { job: "group", base, target, level } as const;
      const reply = await run(job, [base.bytes, target.bytes], onProgress, signal);
      if (reply.reply !== "group") throw encoderFailed(`answered ${reply.reply} to a group`);
      const { reply: _, record, ...needs } = reply;
      return { record: await shelf.keep(record), ...needs };
    },
    async encodeHeader(header, signal) {
      const reply = await run({ job: "header", header }, [], () => {}, signal);
      if (reply.reply !== "header") throw encoderFailed(`answered ${reply.reply} to a header`);
      return reply.header;
    },
    async close() {
      await Promise.all([...all].map((worker) => worker.terminate()));
      all.clear();
      idle.length = 0;
      await shelf.close();
    },
  };
}

function usableMemoryBytes(): number {
  const allowed = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(totalmem(), allowed);
}

function exchange(
  worker: Worker,
  job: EncoderJob,
  transfer: Uint8Array[],
  onProgress: (fraction: number) => void,
  signal: AbortSignal | undefined,
): Promise<EncoderReply> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      worker.off("message", onReply).off("error", onError).off("exit", onExit);
      signal?.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown) => {
      finish();
      reject(error);
    };
    const onReply = (reply: EncoderReply) => {
      if (reply.reply === "progress") return onProgress(reply.fraction);
      if (reply.reply === "failed") return fail(encoderFailed(reply.message));
      finish();
      resolve(reply);
    };
    const onError = (error: Error) => fail(encoderFailed(error.message, error));
    const onExit = () => fail(encoderFailed("ended before its work was done"));
    const onAbort = () => fail(signal?.reason);
    worker.on("message", onReply).on("error", onError).on("exit", onExit);
    signal?.addEventListener("abort", onAbort);
    worker.postMessage(
      job,
      transfer.map((bytes) => bytes.buffer as ArrayBuffer),
    );
  });
}

function encoderFailed(reason: string, cause?: unknown): InfieldError {
  const hint = "if memory is short, close other programs and try again; else report it as a defect";
  return new InfieldError("internal", `a worker that makes deltas failed: ${reason}`, hint, cause);
}
