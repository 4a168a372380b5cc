/**
 * Runs somebody else's program and waits for its end, but not for ever. It runs in a process group
 * of its own, which is killed whole when its time is up, and also afterwards: it leaves nothing
 * running.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { errorCode } from "./file-source.ts";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly signal?: AbortSignal;
}

/** Characters of output kept for the message: its last lines say what went wrong. */
const TAIL_CHARS = 500;

/** A line as it is typed into a shell, run in `folder`. */
export function shellCommand(line: string): Pick<Command, "program" | "args"> {
  return { program: "/bin/sh", args: ["-c", line] };
}

/**
 * Undefined when it ended with 0, else how it ended and the last it said, as the end of a sentence.
 * Throws the system's error when it cannot be started, AbortError.
 */
export function runCommand(command: Command): Promise<string | undefined> {
  const { program, args, folder, environment, seconds, signal } = command;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, ...environment },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const tail = keepTail(child);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killGroup(child);
    }, seconds * 1000);
    const abort = () => killGroup(child);
    signal?.addEventListener("abort", abort);
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    child.once("error", (error) => {
      end();
      reject(error);
    });
    // Not "close": something it left running may hold its output open for ever.
    child.once("exit", (code, killedBy) => {
      end();
      killGroup(child);
      child.stdout.destroy();
      child.stderr.destroy();
      const how = late ? `it took longer than ${seconds} s` : `it ended with ${killedBy ?? code}`;
      if (signal?.aborted) reject(signal.reason);
      else resolve(code === 0 && !late ? undefined : [how, tail()].filter(Boolean).join(": "));
    });
  });
}

function keepTail(child: ChildProcess): () => string {
  let tail = "";
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-TAIL_CHARS);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => tail.trim();
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    // The group is empty.
    if (errorCode(error) !== "ESRCH" && errorCode(error) !== "EPERM") throw error;
  }
}
