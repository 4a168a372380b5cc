/**
 * How many answers are waited for at one time. As with the congestion windows of TCP, the answers
 * themselves say how many are right (docs/protocol.md, rule 10.4).
 */

/** A link that answers within this is not full yet. */
const FAST_MS = 500;
/** Past this, others are waiting for the same link, and have the same pieces. */
const BUSY_MS = 2_000;

export class RequestWindow {
  readonly #least: number;
  readonly #most: number;
  #size: number;

  constructor(least: number, most: number) {
    this.#least = least;
    this.#most = most;
    this.#size = least;
  }

  get size(): number {
    return this.#size;
  }

  /** An answer took this long: one more after a fast one, one fewer after a slow one. */
  noteAnswer(ms: number): void {
    if (ms < FAST_MS) this.#size = Math.min(this.#size + 1, this.#most);
    else if (ms > BUSY_MS) this.#size = Math.max(this.#size - 1, this.#least);
  }
}
