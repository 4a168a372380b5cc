/**
 * What programs cost: seconds, processor seconds, and the peak memory of the largest process. GNU
 * time reads the last two from the system when the process and its children have ended, so that no
 * peak is missed.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const GNU_TIME = "/usr/bin/time";

export interface Cost {
  /** All programs, one after another. */
  readonly seconds: number;
  /** Of all processors together; this and the peak are unknown where GNU time is not there. */
  readonly processorSeconds?: number;
  /** Of the largest process. */
  readonly peakBytes?: number;
}

export class Meter {
  readonly #work: string;
  /** What stands for a path in the commands shown, the longest path first. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #commands: string[] = [];
  #seconds = 0;
  #system: Pick<Cost, "processorSeconds" | "peakBytes"> = {};

  /** `work` is where the programs run and leave what they make. */
  constructor(work: string, names: ReadonlyMap<string, string>) {
    this.#work = work;
    this.#names = names;
  }

  get cost(): Cost {
    return { seconds: this.#seconds, ...this.#system };
  }

  /** What was run, with short names for paths. */
  get commands(): readonly string[] {
    return this.#commands;
  }

  /**
   * Runs a program to its end and gives what it printed. Throws, with its last words, when it
   * fails.
   */
  run(program: string, ...args: readonly string[]): string {
    this.#commands.push(this.#shorten([program, ...args].join(" ")));
    const report = join(this.#work, "cost");
    const timed = existsSync(GNU_TIME) ? [GNU_TIME, "-f", "%U %S %M", "-o", report] : [];
    const [first = program, ...rest] = [...timed, program, ...args];
    const start = performance.now();
    const printed = execFileSync(first, rest, {
      cwd: this.#work,
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 1 << 28,
    });
    this.#seconds += (performance.now() - start) / 1000;
    if (timed.length > 0) this.#add(report);
    return printed.toString();
  }

  #add(report: string): void {
    const [user = 0, system = 0, kibibytes = 0] = readFileSync(report, "utf8")
      .split(" ")
      .map(Number);
    rmSync(report);
    const { processorSeconds = 0, peakBytes = 0 } = this.#system;
    this.#system = {
      processorSeconds: processorSeconds + user + system,
      peakBytes: Math.max(peakBytes, kibibytes * 1024),
    };
  }

  #shorten(command: string): string {
    let short = command;
    for (const [path, name] of this.#names) short = short.replaceAll(path, name);
    return short.replaceAll(`${this.#work}/`, "");
  }
}
