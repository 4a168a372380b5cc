/**
 * `npm run test:laptop [-- TEXT]`: every check, or those with TEXT in their name; `--short` is the
 * sample that CI takes, `--seed N` cuts where an earlier run did. It prints a line a check,
 * how many cuts there were, and last `N passed, N failed`. As root, on Debian, with QEMU.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { seededRandom } from "@infield/shared/testing";
import { IN_NAMESPACE } from "../faults/victim/machine.ts";
import { findMissing, POWER_CUTS } from "../setup/programs.ts";
import { type Check, listChecks, prepareTools } from "./checks.ts";
import { CutTally } from "./cut-tally.ts";

/** What became of a check; printed as a line of JSON with `--json`. */
export interface Outcome {
  readonly name: string;
  readonly seconds: number;
  readonly violations: readonly string[];
}

/** Set for the process inside the namespace, where what it mounts is nobody else's: its folder. */
const INSIDE = "LAPTOP_SUITE_INSIDE";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    seed: { type: "string" },
  },
});

const inside = process.env[INSIDE];
process.exitCode = inside === undefined ? enterNamespace() : await runAll(inside);

function enterNamespace(): number {
  const lacking = whatIsLacking();
  if (lacking !== undefined) {
    console.error(lacking);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), "infield-laptop-"));
  const again = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
  const [command, ...args] = [...IN_NAMESPACE, ...again, ...process.argv.slice(2)];
  const env = { ...process.env, [INSIDE]: folder };
  const { status } = spawnSync(command, args, { stdio: "inherit", env });
  rmSync(folder, { recursive: true });
  return status ?? 1;
}

function whatIsLacking(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can mount disks: run it as root";
  const missing = findMissing().filter(({ for: use }) => use === POWER_CUTS);
  if (missing.length === 0) return undefined;
  return `missing: ${missing.map(({ program }) => program).join(", ")}; npm run setup installs them`;
}

async function runAll(folder: string): Promise<number> {
  const form = values.short ? "short" : "complete";
  const checks = listChecks(form).filter(({ name }) => name.includes(positionals[0] ?? ""));
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const tally = new CutTally();
  const tools = prepareTools(folder, seededRandom(seed), (...cut) => tally.add(...cut));
  say(`seed ${seed}`);
  const outcomes: Outcome[] = [];
  for (const check of checks) outcomes.push(await runCheck(check, () => check.run(tools)));
  say(tally.toTable());
  const failed = outcomes.filter(({ violations }) => violations.length > 0).length;
  say(`${tally.cuts} cuts; ${outcomes.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function runCheck({ name }: Check, run: () => Promise<readonly string[]>): Promise<Outcome> {
  const began = performance.now();
  const violations = await run().catch((error: unknown) => [
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  ]);
  const outcome = { name, seconds: Math.round((performance.now() - began) / 1000), violations };
  if (values.json) console.log(JSON.stringify(outcome));
  say(`${violations.length === 0 ? "ok  " : "FAIL"}  ${name} (${outcome.seconds} s)`);
  for (const violation of violations) say(`      ${violation}`);
  return outcome;
}

function say(line: string): void {
  if (!values.json) console.log(line);
}
