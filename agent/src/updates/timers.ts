/** Timers of one part, which end with it. */
import type { Clock } from "../timing/clock.ts";

export class Timers {
  readonly #startTimer: Clock["startTimer"];
  readonly #running = new Set<() => void>();

  constructor(startTimer: Clock["startTimer"]) {
    this.#startTimer = startTimer;
  }

  /** Returns what cancels it. */
  start(ms: number, run: () => void): () => void {
    const cancel = this.#startTimer(ms, () => {
      this.#running.delete(cancel);
      run();
    });
    this.#running.add(cancel);
    return () => {
      this.#running.delete(cancel);
      cancel();
    };
  }

  cancelAll(): void {
    for (const cancel of this.#running) cancel();
    this.#running.clear();
  }
}
