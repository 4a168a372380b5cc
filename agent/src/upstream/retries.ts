/**
 * Pauses after a fetch that brought nothing, doubled with each. After the last one it is left to
 * the draws.
 */
import type { Clock } from "../timing/clock.ts";

const FIRST_RETRY_MS = 5 * 60_000;
const MAX_RETRIES = 6;

export class Retries {
  readonly #clock: Clock;
  readonly #onRetry: () => void;
  #count = 0;
  #cancel = () => {};

  constructor(clock: Clock, onRetry: () => void) {
    this.#clock = clock;
    this.#onRetry = onRetry;
  }

  /** Tries again after the next pause: half of it to all of it, by chance. */
  schedule(): void {
    if (this.#count === MAX_RETRIES) return;
    const pauseMs = FIRST_RETRY_MS * 2 ** this.#count++;
    this.#cancel();
    this.#cancel = this.#clock.startTimer(
      (pauseMs / 2) * (1 + this.#clock.random()),
      this.#onRetry,
    );
  }

  /** Something came: the next pause is the first one again. */
  noteProgress(): void {
    this.#count = 0;
  }

  cancel(): void {
    this.#cancel();
  }
}
