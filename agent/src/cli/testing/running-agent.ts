/** An `infield agent` in a process of its own, for tests of the commands that talk to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Workshop } from "./workshop.ts";

export interface RunningAgent {
  readonly pid: number;
  /**
   * The first event, past or to come, with this name and these fields. Rejects when the agent ends
   * before.
   */
  until(
    event: string,
    fields?: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, unknown>>;
  /** Sends a signal; resolves to the exit code. */
  end(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

/** Starts it on the loopback interface, with any ports; resolves when it is ready. */
export async function startAgent(
  shop: Workshop,
  root: string,
  ...more: string[]
): Promise<RunningAgent> {
  const words = ["agent", "--json", "--root", root, "--port", "0", "--interface", "lo", ...more];
  const child = spawn(process.execPath, [shop.infield, ...words], {
    cwd: shop.folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const agent = { pid: child.pid ?? 0, until: hearEvents(child), end: endProcess(child) };
  await agent.until("ready");
  return agent;
}

function hearEvents(child: ChildProcess): RunningAgent["until"] {
  const events: Record<string, unknown>[] = [];
  const wakers = new Set<() => void>();
  let ended = false;
  const wake = () => {
    for (const waker of wakers) waker();
    wakers.clear();
  };
  if (child.stdout) {
    const lines = createInterface(child.stdout);
    lines.on("line", (line) => {
      events.push(JSON.parse(line));
      wake();
    });
    lines.on("close", () => {
      ended = true;
      wake();
    });
  }
  return async (name, fields = {}) => {
    for (;;) {
      const found = events.find(
        (event) =>
          event.event === name &&
          Object.entries(fields).every(([key, value]) => event[key] === value),
      );
      if (found) return found;
      if (ended)
        throw new Error(`the agent ended before "${name}": ${JSON.stringify(events.at(-1))}`);
      await new Promise<void>((resolve) => wakers.add(resolve));
    }
  };
}

function endProcess(child: ChildProcess): RunningAgent["end"] {
  return async (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, "exit");
    child.kill(signal);
    const [exitCode] = await exited;
    return exitCode as number | null;
  };
}
