/**
 * For how long something has waited while an agent ran, over restarts: it is noted on the disk, now
 * and then. A disk that fails only makes the wait begin anew.
 */
import {
  clearWaiting,
  readWaiting,
  type Waiting,
  type WaitsFor,
  writeWaiting,
} from "../laptop/waiting-file.ts";
import type { Clock } from "../timing/clock.ts";

const MINUTE_MS = 60_000;
/** Between two notes, as each wakes a disk: a start forgets no more than this. */
const NOTE_MINUTES = 15;

export class WaitingTime {
  readonly #root: string;
  readonly #clock: Pick<Clock, "now">;
  /** What was counted at the last judgement, and when that was. */
  #waiting: Waiting | undefined;
  #countedAt: number | undefined;
  #notedMinutes = 0;

  constructor(root: string, clock: Pick<Clock, "now">) {
    this.#root = root;
    this.#clock = clock;
  }

  /**
   * Minutes waited in all, for earlier releases too: each new one would begin anew otherwise.
   */
  async count(): Promise<number> {
    this.#waiting ??= await this.#remembered();
    const now = this.#clock.now();
    const since = this.#countedAt ?? now;
    this.#countedAt = now;
    return (this.#waiting?.minutes ?? 0) + (now - since) / MINUTE_MS;
  }

  /** It waits on. */
  async note(version: number, waitsFor: WaitsFor, minutes: number): Promise<void> {
    const last = this.#waiting;
    this.#waiting = { version, waitsFor, minutes };
    const isSame = last?.version === version && last.waitsFor === waitsFor;
    if (isSame && minutes < this.#notedMinutes + NOTE_MINUTES) return;
    this.#notedMinutes = minutes;
    // A full disk keeps nobody from waiting.
    await writeWaiting(this.#root, this.#waiting).catch(() => {});
  }

  async end(): Promise<void> {
    if (this.#waiting || (await this.#remembered())) await clearWaiting(this.#root).catch(() => {});
    this.#waiting = undefined;
    this.#countedAt = undefined;
  }

  #remembered(): Promise<Waiting | undefined> {
    return readWaiting(this.#root).catch(() => undefined);
  }
}
