/**
 * For tests of the command line: the real bundle, run as a process of its own, and a temporary
 * folder to work in.
 */
import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BUILD = fileURLToPath(new URL("../../../build.mjs", import.meta.url));

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** User and group to run as; only as root. */
  readonly uid?: number;
}
export interface Workshop {
  /** The bundle's main file. */
  readonly infield: string;
  /** Temporary; where commands run. */
  readonly folder: string;
  /** A path in the folder. */
  at(...names: string[]): string;
  /** Runs one command to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Runs one command that must succeed, and gives its `--json` answer. */
  ask(...args: string[]): Promise<Record<string, unknown>>;
  close(): void;
}

/** Builds the bundle and makes the folder; a second is what it takes. */
export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), "infield-cli-"));
  // Some commands are run as a user who may do nothing.
  chmodSync(folder, 0o755);
  const bundle = join(folder, ".bundle");
  execFileSync(process.execPath, [BUILD, bundle], { stdio: "inherit" });
  const infield = join(bundle, "infield.js");
  const run: Workshop["run"] = (args, { env, uid } = {}) =>
    runProcess([infield, ...args], {
      cwd: folder,
      env: { ...process.env, LANG: "C", LC_ALL: "", ...env },
      ...(uid !== undefined && { uid, gid: uid }),
    });
  return {
    infield,
    folder,
    at: (...names) => join(folder, ...names),
    run,
    async ask(...args) {
      const { exitCode, stdout, stderr } = await run([...args, "--json"]);
      if (exitCode !== 0)
        throw new Error(`infield ${args.join(" ")}: ${exitCode} ${stdout}${stderr}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function runProcess(
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { ...options, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      },
    );
  });
}

/**
 * Everything a tree is, a line an entry: kind, permission bits, bytes or target. Read by nothing
 * that is tested here.
 */
export function describeFolder(folder: string, inside = ""): string[] {
  return readdirSync(join(folder, inside))
    .sort()
    .flatMap((name) => {
      const path = join(inside, name);
      const full = join(folder, path);
      const stats = lstatSync(full);
      if (stats.isSymbolicLink()) return [`link ${path} -> ${readlinkSync(full)}`];
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isDirectory()) return [`dir ${mode} ${path}`, ...describeFolder(folder, path)];
      return [`file ${mode} ${path} ${readFileSync(full).toString("base64")}`];
    });
}
