/**
 * Workers that wait for work: one queue, at most `size` workers, each started when there is
 * something to do and closed after a while without. An abort ends its worker, as WebAssembly at
 * work cannot be interrupted in any other way. (The idea of the worker bridge of Squoosh, for many
 * workers instead of one.)
 */
import { settleCall, type WorkerHandle } from "./worker-handle.ts";

/** Milliseconds a worker may rest before it is closed and its memory given back. */
export const IDLE_MS = 10_000;

export interface WorkerPool<Api> {
  /** Runs `call` on the next free worker. Throws what the call throws, and AbortError. */
  run<T>(signal: AbortSignal | undefined, call: (api: Api) => Promise<T>): Promise<T>;
}

export function createWorkerPool<Api>(
  size: number,
  start: () => WorkerHandle<Api>,
): WorkerPool<Api> {
  const resting = new Map<WorkerHandle<Api>, ReturnType<typeof setTimeout>>();
  const queue: (() => void)[] = [];
  let atWork = 0;

  /** Waits for its turn. An aborted one leaves the queue. */
  async function awaitTurn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (atWork < size) {
      atWork++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        queue.splice(queue.indexOf(begin), 1);
        reject(signal?.reason);
      };
      const begin = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      queue.push(begin);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** The place goes to the next in the queue, or is free. */
  function passTurn(): void {
    const next = queue.shift();
    if (next) next();
    else atWork--;
  }

  function takeWorker(): WorkerHandle<Api> {
    const [rested] = resting;
    if (!rested) return start();
    const [handle, timer] = rested;
    clearTimeout(timer);
    resting.delete(handle);
    return handle;
  }

  function letRest(handle: WorkerHandle<Api>): void {
    const close = () => {
      resting.delete(handle);
      handle.stop();
    };
    resting.set(handle, setTimeout(close, IDLE_MS));
  }

  return {
    async run(signal, call) {
      await awaitTurn(signal);
      try {
        const handle = takeWorker();
        try {
          const result = await settleCall(signal, handle, call(handle.api));
          letRest(handle);
          return result;
        } catch (error) {
          // After a failure nobody knows what state its WebAssembly is in: such a worker is not
          // used again.
          handle.stop();
          throw error;
        }
      } finally {
        passTurn();
      }
    },
  };
}
