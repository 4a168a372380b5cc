/**
 * One worker as its owner sees it: its functions, its end, and what happens to a call when it ends.
 */
import { InfieldError } from "@infield/shared/base";
import { type Remote, wrap } from "comlink";
import "./error-transfer.ts";

export interface WorkerHandle<Api> {
  readonly api: Api;
  /**
   * Aborts when the worker breaks down outside of a call: it could not be loaded, or ran out of
   * memory.
   */
  readonly broken: AbortSignal;
  stop(): void;
}

/** The functions of a worker that exposes `Api` with comlink. */
export function holdWorker<Api>(worker: Worker): WorkerHandle<Remote<Api>> {
  const breaker = new AbortController();
  const onBreak = (event: Event) => breaker.abort(brokenDown(event));
  worker.addEventListener("error", onBreak);
  worker.addEventListener("messageerror", onBreak);
  return { api: wrap<Api>(worker), broken: breaker.signal, stop: () => worker.terminate() };
}

/**
 * The result of a call; on abort and on a breakdown its error instead, at once. The caller then
 * stops the worker. Listeners are taken off again: a signal that outlives thousands of calls must
 * not keep their results.
 */
export function settleCall<T>(
  signal: AbortSignal | undefined,
  worker: WorkerHandle<unknown>,
  call: Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const enders = [signal, worker.broken].filter((ender) => ender !== undefined);
    const end = () => {
      leave();
      reject(enders.find((ender) => ender.aborted)?.reason);
    };
    const leave = () => {
      for (const ender of enders) ender.removeEventListener("abort", end);
    };
    for (const ender of enders) ender.addEventListener("abort", end);
    call.finally(leave).then(resolve, reject);
    if (enders.some((ender) => ender.aborted)) end();
  });
}

function brokenDown(cause: Event): InfieldError {
  return new InfieldError(
    "internal",
    "a part of this page could not start or ran out of memory",
    "close other tabs, reload the page and try again",
    cause,
  );
}
