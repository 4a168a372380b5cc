/** One worker as its owner sees it: its functions, its end, and what happens to a call then. */
import { InfieldError } from "@infield/shared/base";
import { type Remote, wrap } from "comlink";
import "./error-transfer.ts";

export interface WorkerHandle<Api> {
  readonly api: Api;
  /**
   * Aborts when the worker fails outside of a call: it could not be loaded, or ran out of memory.
   */
  readonly failure: AbortSignal;
  stop(): void;
}

/** The functions of a worker that exposes `Api` with comlink. */
export function wrapWorker<Api>(worker: Worker): WorkerHandle<Remote<Api>> {
  const failure = new AbortController();
  const onFailure = (event: Event) => failure.abort(workerFailed(event));
  worker.addEventListener("error", onFailure);
  worker.addEventListener("messageerror", onFailure);
  return { api: wrap<Api>(worker), failure: failure.signal, stop: () => worker.terminate() };
}

/**
 * The result of a call; on abort or failure, its error instead, at once. The caller then stops the
 * worker. Listeners are removed again: a signal that outlives thousands of calls must not keep
 * their results.
 */
export function awaitCall<T>(
  signal: AbortSignal | undefined,
  worker: WorkerHandle<unknown>,
  call: Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const signals = [signal, worker.failure].filter((one) => one !== undefined);
    const end = () => {
      removeListeners();
      reject(signals.find((one) => one.aborted)?.reason);
    };
    const removeListeners = () => {
      for (const one of signals) one.removeEventListener("abort", end);
    };
    for (const one of signals) one.addEventListener("abort", end);
    call.finally(removeListeners).then(resolve, reject);
    if (signals.some((one) => one.aborted)) end();
  });
}

function workerFailed(cause: Event): InfieldError {
  return new InfieldError(
    "internal",
    "a part of this page could not start or ran out of memory",
    "close other tabs, reload the page and try again",
    cause,
  );
}
