/** A reporter that keeps a quick lane quick: the run fails where a test file takes too long. */
import type { Reporter, TestModule } from "vitest/node";

export class SlowFiles implements Reporter {
  readonly #longestMs: number;

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  /** Journeys have a browser to start. */
  onTestRunEnd(modules: readonly TestModule[]): void {
    const units = modules.filter(({ project }) => project.name !== "e2e");
    const slow = units.filter((module) => module.diagnostic().duration > this.#longestMs);
    for (const { relativeModuleId: file } of slow)
      console.error(`${file} takes too long for the quick lane: call it *.slow.test.ts`);
    if (slow.length > 0) process.exitCode = 1;
  }
}
