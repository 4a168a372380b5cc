/**
 * A pool of workers: one queue, at most `size` workers, each started when there is something to do
 * and closed after a while without work. An abort ends its worker, as running WebAssembly cannot be
 * interrupted in any other way. (The idea of Squoosh's worker bridge, for many workers instead of
 * one.)
 */
import { createSlots } from "./slots.ts";
import { awaitCall, type WorkerHandle } from "./worker-handle.ts";

/** Milliseconds a worker may be idle before it is closed and its memory given back. */
export const IDLE_MS = 10_000;

export interface WorkerPool<Api> {
  /** Runs `call` on the next free worker. Throws what the call throws, and AbortError. */
  run<T>(signal: AbortSignal | undefined, call: (api: Api) => Promise<T>): Promise<T>;
}

export function createWorkerPool<Api>(
  size: number,
  start: () => WorkerHandle<Api>,
): WorkerPool<Api> {
  const slots = createSlots(size);
  const idle = createIdleWorkers<Api>();
  return {
    async run(signal, call) {
      await slots.acquire(signal);
      try {
        const worker = idle.take() ?? start();
        const result = await runOn(worker, signal, call);
        idle.keep(worker);
        return result;
      } finally {
        slots.release();
      }
    },
  };
}

async function runOn<Api, T>(
  worker: WorkerHandle<Api>,
  signal: AbortSignal | undefined,
  call: (api: Api) => Promise<T>,
): Promise<T> {
  try {
    return await awaitCall(signal, worker, call(worker.api));
  } catch (error) {
    // Nobody knows what state its WebAssembly is in after a failure: it is not used again.
    worker.stop();
    throw error;
  }
}

/** Workers without work, each with the timer that closes it. */
function createIdleWorkers<Api>() {
  const idle = new Map<WorkerHandle<Api>, ReturnType<typeof setTimeout>>();
  return {
    take(): WorkerHandle<Api> | undefined {
      const [first] = idle;
      if (!first) return undefined;
      const [worker, timer] = first;
      clearTimeout(timer);
      idle.delete(worker);
      return worker;
    },
    keep(worker: WorkerHandle<Api>): void {
      const close = () => {
        idle.delete(worker);
        worker.stop();
      };
      idle.set(worker, setTimeout(close, IDLE_MS));
    },
  };
}
