/**
 * What programs cost: seconds, and the peak memory of the largest process (GNU time reads it from the system when the process
 * and its children have ended, so that no peak is missed).
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const GNU_TIME = "/usr/bin/time";

export interface Cost {
  /** All programs, one after another. */
  readonly seconds: number;
  /** Of the largest process; unknown where GNU time is not there. */
  readonly peakBytes?: number;
}

export class Meter {
  readonly #work: string;
  /** What stands for a path in the commands shown, the longest path first. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #commands: string[] = [];
  #seconds = 0;
  #peakBytes: number | undefined;

  /** `work` is where the programs run and leave what they make. */
  constructor(work: string, names: ReadonlyMap<string, string>) {
    this.#work = work;
    this.#names = names;
  }

  get cost(): Cost {
    return {
      seconds: this.#seconds,
      ...(this.#peakBytes !== undefined && { peakBytes: this.#peakBytes }),
    };
  }

  /** What was run, with short names for paths. */
  get commands(): readonly string[] {
    return this.#commands;
  }

  /** Runs a program to its end and gives what it printed. Throws, with its last words, when it fails. */
  run(program: string, ...args: readonly string[]): string {
    this.#commands.push(this.#shorten([program, ...args].join(" ")));
    const peakFile = join(this.#work, "peak");
    const timed = existsSync(GNU_TIME) ? [GNU_TIME, "-f", "%M", "-o", peakFile] : [];
    const [first = program, ...rest] = [...timed, program, ...args];
    const start = performance.now();
    const printed = execFileSync(first, rest, {
      cwd: this.#work,
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 1 << 28,
    });
    this.#seconds += (performance.now() - start) / 1000;
    if (timed.length > 0) this.#notePeak(peakFile);
    return printed.toString();
  }

  #notePeak(file: string): void {
    const kibibytes = Number(readFileSync(file, "utf8"));
    rmSync(file);
    this.#peakBytes = Math.max(this.#peakBytes ?? 0, kibibytes * 1024);
  }

  #shorten(command: string): string {
    let short = command;
    for (const [path, name] of this.#names) short = short.replaceAll(path, name);
    return short.replaceAll(`${this.#work}/`, "");
  }
}
