/**
 * The health check: a program of the new version says whether it works. It runs in a process group of its own, which is
 * killed whole when its time is up, and also afterwards: a check leaves nothing running.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import type { ReleaseRecord } from "@infield/shared";
import { errorCode } from "../tree/file-source.ts";

type Health = NonNullable<ReleaseRecord["health"]>;

/** Characters of output kept for the message: its last lines say what went wrong. */
const TAIL_CHARS = 500;

/** Runs the check of the tree. Undefined when healthy (exit 0), else what is wrong, as the end of a sentence. Never throws. */
export async function runHealthCheck(tree: string, health: Health): Promise<string | undefined> {
  try {
    const program = await findInside(tree, health.path);
    if (program === undefined) return `${health.path} leads out of its tree`;
    return await runProgram(program, tree, health.seconds);
  } catch (error) {
    return `${health.path} could not be run (${errorCode(error) ?? "unknown"})`;
  }
}

/** Links inside the tree are fine, links out of it are not: what was signed is the tree. */
async function findInside(tree: string, path: string): Promise<string | undefined> {
  const [folder, program] = await Promise.all([realpath(tree), realpath(join(tree, path))]);
  return program.startsWith(folder + sep) ? program : undefined;
}

function runProgram(program: string, tree: string, seconds: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [], { cwd: tree, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const tail = keepTail(child);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killGroup(child);
    }, seconds * 1000);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    // Not "close": something the check left running may hold its output open for ever.
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      killGroup(child);
      child.stdout.destroy();
      child.stderr.destroy();
      const end = late ? `it took longer than ${seconds} s` : `it ended with ${signal ?? code}`;
      resolve(code === 0 && !late ? undefined : [end, tail()].filter(Boolean).join(": "));
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
