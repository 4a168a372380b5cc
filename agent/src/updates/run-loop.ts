/** Work that is done step by step as long as there is any, one step at a time. */
import type { Timers } from "./timers.ts";

/** Laptops that hear an announcement together begin at different moments within this. */
const START_SPREAD_MS = 500;

interface RunLoopOptions {
  readonly timers: Timers;
  random(): number;
  /** Does a part of the work; false when there is nothing to do. */
  step(): Promise<boolean>;
}

export class RunLoop {
  readonly #options: RunLoopOptions;
  /** Those who wait for an end. */
  readonly #waiting: (() => void)[] = [];
  /** Ends the wait before the first step. */
  #begin = () => {};
  #running: Promise<void> | undefined;
  #isPaused = false;
  #isStopped = false;

  constructor(options: RunLoopOptions) {
    this.#options = options;
  }

  /** There may be work. */
  start(): void {
    if (this.#isPaused) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#tellEnded();
    });
  }

  /** Resolves once nothing is under way or about to start. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Resolves once what is under way, or else the next run, has ended. */
  ended(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes no further step until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.start();
  }

  /** Takes no further step; resolves once the one under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#begin();
    await this.#running;
    this.#tellEnded();
  }

  async #run(): Promise<void> {
    await this.#spread();
    while (!this.#isStopped && !this.#isPaused && (await this.#options.step()));
  }

  #spread(): Promise<void> {
    const { timers, random } = this.#options;
    return new Promise((resolve) => {
      this.#begin = resolve;
      timers.start(random() * START_SPREAD_MS, resolve);
    });
  }

  #tellEnded(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
