/** Waiting for something that is looked at whenever there is news. */
import type { Clock } from "../timing/clock.ts";

interface Wait {
  readonly clock: Clock;
  readonly limitMs: number;
  /** What is thrown when it takes longer than the limit. */
  tooLate(): Error;
  readonly signal: AbortSignal;
  /** Calls `look` at all news, until what it returns is called. */
  subscribe(look: () => void): () => void;
}

/** Resolves once `isMet`, now or at any news. Throws `tooLate()`, AbortError. */
export async function waitUntil(isMet: () => boolean, wait: Wait): Promise<void> {
  const { clock, limitMs, tooLate, signal } = wait;
  signal.throwIfAborted();
  if (isMet()) return;
  let abort = () => {};
  let cancel = () => {};
  let unsubscribe = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(signal.reason);
      cancel = clock.startTimer(limitMs, () => reject(tooLate()));
      unsubscribe = wait.subscribe(() => isMet() && resolve());
      signal.addEventListener("abort", abort);
    });
  } finally {
    unsubscribe();
    cancel();
    signal.removeEventListener("abort", abort);
  }
}
