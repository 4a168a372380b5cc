/**
 * The boot loader of a laptop whose system is `ROOT/current`. It is asked through a program that
 * `ROOT/boot/loader` names (docs/booting.md, "The loader's command"), so any loader that counts
 * tries will do.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { InfieldError } from "@infield/shared/base";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import type { Layout } from "./layout.ts";

const run = promisify(execFile);
/** Copying two kernels to a slow stick. */
const LOADER_MS = 120_000;

export interface BootLoader {
  /** The version that this machine runs now. */
  readonly booted: number;
  /** Versions to boot, the first first: kernels of their trees are there from now on. */
  order(versions: readonly number[]): Promise<void>;
  /** How often a version will still be tried; undefined when it is not among those to boot. */
  triesLeft(version: number): Promise<number | undefined>;
  /** The version came up: it has all its tries again. */
  complete(version: number): Promise<void>;
}

/**
 * Undefined where no loader is named, and where this machine was not booted by it: a root on a
 * stick, or one that is being prepared. Throws `boot-loader-failed`.
 */
export async function findBootLoader({
  root,
  bootLoaderFile,
}: Layout): Promise<BootLoader | undefined> {
  const program = await readProgram(bootLoaderFile);
  if (program === undefined) return undefined;
  const ask = (...words: readonly string[]) => askLoader(program, root, words);
  const booted = Number.parseInt(await ask("booted"), 10);
  if (!(booted > 0)) return undefined;
  return {
    booted,
    async order(versions) {
      await ask("order", ...versions.map(String));
    },
    async triesLeft(version) {
      const left = await ask("left", String(version));
      return left === "" ? undefined : Number.parseInt(left, 10);
    },
    async complete(version) {
      await ask("complete", String(version));
    },
  };
}

async function readProgram(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim() || undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw toIoError(error, `read ${JSON.stringify(file)}`);
  }
}

async function askLoader(program: string, root: string, words: readonly string[]): Promise<string> {
  const env = { ...process.env, INFIELD_ROOT: root };
  try {
    return (await run(program, [...words], { env, timeout: LOADER_MS })).stdout.trim();
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new InfieldError(
      "boot-loader-failed",
      `the boot loader did not take what it was told: ${said || `${program} ${words[0]} failed`}`,
      `run it by hand: INFIELD_ROOT=${root} ${program} ${words.join(" ")}`,
      error,
    );
  }
}
