/** Runs one process with one fault in it, and tells from the report what happened. */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Scene } from "../scene/scene.ts";
import type { Disk } from "./disks.ts";

const SHIM_SOURCE = fileURLToPath(new URL("shim.c", import.meta.url));
/** Far more than any action takes, on a machine that does much else. */
const LIMIT_MS = 60_000;

/** So that each has a report of its own. */
let runs = 0;

/** What goes wrong at a call; shim.c says how. */
export interface Fault {
  readonly name: string;
  readonly kind:
    | "none"
    | "once"
    | "ever"
    | "kill"
    | "short"
    | "lost"
    | "readonly"
    | "cut"
    | "cut-journal";
  readonly errno?: "EIO" | "ENOSPC" | "EDQUOT" | "EROFS";
  readonly calls?: "changes" | "reads";
}

export interface Run {
  /** Calls that were seen. */
  readonly calls: number;
  /** The call at which the fault happened, as the report has it; undefined when it did not. */
  readonly fault?: string;
  /** The phase in which it happened. */
  readonly phase: string;
  /** `done`, or `failed CODE MESSAGE`; undefined when the process was killed before. */
  readonly result?: string;
  readonly signal: NodeJS.Signals | null;
  /** What it printed, which should be nothing. */
  readonly output: string;
}

export interface Victim {
  readonly scene: Scene;
  readonly disk: Disk;
  /** An action's name, or `open`. */
  readonly action: string;
  /** The folder of a bundle. */
  readonly program: string;
  readonly shim: string;
  readonly fault: Fault;
  /** The number of the call; 0 only counts. */
  readonly at: number;
  readonly again?: boolean;
  readonly pretend?: "files" | "dirs";
}

/** Compiles the shim; returns its path. Throws when there is no C compiler. */
export function compileShim(folder: string): string {
  const shim = join(folder, "shim.so");
  execFileSync("cc", ["-std=gnu11", "-O1", "-shared", "-fPIC", "-o", shim, SHIM_SOURCE, "-ldl"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return shim;
}

export async function runVictim(victim: Victim): Promise<Run> {
  const { scene, disk, action, program, fault, at, again } = victim;
  const report = join(program, `report-${++runs}`);
  const args = [join(program, "driver.js"), action, disk.root, scene.repository, report];
  const child = spawn(process.execPath, [...args, ...(again ? ["again"] : [])], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      // Else some calls would be made by the kernel, where no shim sees them.
      UV_USE_IO_URING: "0",
      LD_PRELOAD: victim.shim,
      FAULT_ROOT: disk.root,
      FAULT_REPORT: report,
      FAULT_AT: String(at),
      FAULT_KIND: fault.kind,
      FAULT_CALLS: fault.calls ?? "changes",
      FAULT_ERRNO: String(fault.errno ? constants.errno[fault.errno] : 0),
      FAULT_MOUNT: disk.kind === "btrfs" ? "" : (disk.mountPoint ?? ""),
      FAULT_PRETEND: victim.pretend ?? "",
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => (output += String(text)));
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
    child.once("exit", (_, signal) => resolve(signal)),
  );
  clearTimeout(timer);
  const text = readFileSync(report, "utf8");
  rmSync(report);
  return { ...parseReport(text, disk.root), signal, output };
}

function parseReport(text: string, root: string): Omit<Run, "signal" | "output"> {
  let calls = 0;
  let phase = "";
  let fault: { at: string; phase: string } | undefined;
  let result: string | undefined;
  for (const line of text.split("\n")) {
    if (/^= (done|failed)/.test(line)) result = line.slice(2);
    else if (line.startsWith("= ")) phase = line.slice(2);
    else if (line.startsWith("! "))
      fault ??= { at: line.slice(2).replaceAll(`${root}/`, "").replace(root, "."), phase };
    else if (line.startsWith("? "))
      throw new Error(`the shim could not do what was asked: ${line}`);
    if (/^(! (?!end)[a-z-]+ )?\d/.test(line)) calls++;
    // From here on the new version is in use.
    if (/ rename(at|at2)? .*\/current$/.test(line) && phase === "switch") phase = "confirm";
  }
  return {
    calls,
    phase: fault?.phase ?? phase,
    ...(fault && { fault: fault.at }),
    ...(result !== undefined && { result }),
  };
}
