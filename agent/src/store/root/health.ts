/**
 * Does a version work? A program of its own tree says so, and then a command of whoever runs the
 * laptop.
 */
import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import type { ReleaseRecord } from "@infield/shared/records";
import { runCommand, shellCommand } from "../../host/command.ts";
import { errorCode } from "../../host/file-source.ts";
import { isResourceShortage, toIoError } from "../../host/io-error.ts";

type Health = NonNullable<ReleaseRecord["health"]>;

/**
 * Seconds for a laptop's own check: it may wait for a desktop and a network, which take a slow
 * laptop a minute.
 */
const OWN_CHECK_SECONDS = 120;
/**
 * A read that failed, too many processes (errno(3)): says as little of a version as what this
 * process lacks.
 */
const MAY_PASS = new Set(["EIO", "EAGAIN"]);

/**
 * Runs the check of the tree. Undefined when healthy (exit 0), else what is wrong, as the end of a
 * sentence. Throws `io-failed` when it cannot be run now for a reason that is not the version's and
 * may pass.
 */
export async function runHealthCheck(tree: string, health: Health): Promise<string | undefined> {
  try {
    const program = await findInside(tree, health.path);
    if (program === undefined) return `${health.path} leads out of its tree`;
    return await runCommand({ program, args: [], folder: tree, seconds: health.seconds });
  } catch (error) {
    return explain(health.path, error);
  }
}

/** Runs the command of `--health` in the tree, with `environment`. Answers as `runHealthCheck`. */
export async function runOwnCheck(
  tree: string,
  line: string,
  environment: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  try {
    return await runCommand({
      ...shellCommand(line),
      folder: tree,
      environment,
      seconds: OWN_CHECK_SECONDS,
    });
  } catch (error) {
    return explain("it", error);
  }
}

function explain(check: string, error: unknown): string {
  const code = errorCode(error) ?? "unknown";
  if (isResourceShortage(error) || MAY_PASS.has(code))
    throw toIoError(error, "run the health check of a new version");
  return `${check} could not be run (${code})`;
}

/** Links inside the tree are fine, links out of it are not: what was signed is the tree. */
async function findInside(tree: string, path: string): Promise<string | undefined> {
  const [folder, program] = await Promise.all([realpath(tree), realpath(join(tree, path))]);
  return program.startsWith(folder + sep) ? program : undefined;
}
