/** The command line as people run it: the built `infield`, as a process of its own. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const INFIELD = fileURLToPath(new URL("../../../agent/bin/infield.js", import.meta.url));

/** How a command line is begun: the program, and what comes before Infield's own words. */
type Launch = readonly [string, ...string[]];
/** `infield`, to be followed by its arguments. */
export const INFIELD_COMMAND: Launch = [process.execPath, INFIELD];

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end; never throws for a failure of the command. */
export function runInfield(
  args: readonly string[],
  { launch = INFIELD_COMMAND, ...options }: { cwd?: string; launch?: Launch } = {},
): Promise<Ran> {
  const [program, ...words] = launch;
  return new Promise((resolve) => {
    execFile(
      program,
      [...words, ...args],
      { ...options, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const exitCode = error ? (typeof error.code === "number" ? error.code : 1) : 0;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}

/** Runs one command that must succeed, and gives its `--json` answer. */
export async function infield<T = Record<string, unknown>>(...args: string[]): Promise<T> {
  const ran = await runInfield([...args, "--json"]);
  if (ran.exitCode !== 0) throw new Error(`infield ${args.join(" ")}: ${ran.stdout}${ran.stderr}`);
  return JSON.parse(ran.stdout) as T;
}

/** An event the agent prints with `--json`. */
export interface AgentEvent {
  readonly event: string;
  /** When it was heard here, as `performance.now()` has it. */
  readonly heardAtMs: number;
  readonly [field: string]: unknown;
}

/** A running `infield agent`, and everything it has said. */
export class AgentProcess {
  readonly events: AgentEvent[] = [];
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #stderr = "";
  #exited = false;

  /** `launch` runs the command line in another way than here. */
  constructor(args: readonly string[], launch: Launch = INFIELD_COMMAND) {
    const [program, ...words] = launch;
    this.#process = spawn(program, [...words, "agent", "--json", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { stdout, stderr } = this.#process;
    if (stdout) createInterface(stdout).on("line", (line) => this.#hear(JSON.parse(line)));
    stderr?.on("data", (text) => {
      this.#stderr += String(text);
    });
    this.#process.on("exit", () => {
      this.#exited = true;
      for (const wake of this.#waiting) wake();
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The first event, past or to come, that fits. Rejects when the agent ends before it. */
  async until(fits: (event: AgentEvent) => boolean): Promise<AgentEvent> {
    for (;;) {
      const found = this.events.find(fits);
      if (found) return found;
      if (this.#exited) throw new Error(this.#lastWords());
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Ends it as a person would, with Ctrl-C, and waits for that. */
  async stop(): Promise<void> {
    if (this.#exited) return;
    const ended = new Promise<void>((resolve) => this.#process.once("exit", () => resolve()));
    this.#process.kill("SIGINT");
    await ended;
  }

  /** Why it ended, as it said itself. */
  #lastWords(): string {
    const last = this.events.at(-1) as { error?: { message: string } } | undefined;
    return `the agent ended: ${last?.error?.message ?? this.#stderr}`;
  }

  #hear(event: Omit<AgentEvent, "heardAtMs">): void {
    this.events.push({ ...event, heardAtMs: performance.now() } as AgentEvent);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
