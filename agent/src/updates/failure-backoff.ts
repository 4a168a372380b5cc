/** A pause after each failure of a release, which doubles with every one that follows. */
import type { Clock } from "../timing/clock.ts";

/** Drawn from half of it to all of it, so that a class does not come back as one. */
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 30 * 60_000;

export class FailureBackoff {
  readonly #clock: Pick<Clock, "now" | "random">;
  readonly #failures = new Map<string, { readonly count: number; readonly until: number }>();

  constructor(clock: Pick<Clock, "now" | "random">) {
    this.#clock = clock;
  }

  /** False for what failed a moment ago. */
  mayTry(name: string): boolean {
    return this.#clock.now() >= (this.#failures.get(name)?.until ?? 0);
  }

  /** Returns the milliseconds until it may be tried again. */
  noteFailure(name: string): number {
    const count = (this.#failures.get(name)?.count ?? 0) + 1;
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LAST_PAUSE_MS);
    const pauseMs = (longest / 2) * (1 + this.#clock.random());
    this.#failures.set(name, { count, until: this.#clock.now() + pauseMs });
    return pauseMs;
  }

  clear(): void {
    this.#failures.clear();
  }
}
