/**
 * `npm run test:faults [-- TEXT]`: every check, or those with TEXT in their name; `--short` is the
 * sample that `npm test` takes. It prints a line a check, a table of the points that were tried,
 * and last `N passed, N failed`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Check, listChecks } from "./checks.ts";
import type { Tell } from "./sweeps/sweeps.ts";
import { Tally } from "./tally.ts";
import { Lane, prepareGround } from "./victim/lane.ts";
import { examineMachine, IN_NAMESPACE, type Lacks } from "./victim/machine.ts";

/** What became of a check; printed as a line of JSON with `--json`. */
export interface Outcome {
  readonly name: string;
  readonly points: number;
  readonly violations: readonly string[];
}

/** Set for the process inside the namespace: what was found out outside, as JSON. */
const INSIDE = "FAULT_SUITES_INSIDE";
interface Inside {
  readonly lacks: Lacks;
  /** An empty folder, removed outside: by then nothing is mounted in it. */
  readonly folder: string;
}
/** Violations printed of one check: the first says most. */
const SHOWN = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const inside = process.env[INSIDE];
process.exitCode =
  inside === undefined ? enterNamespace(examineMachine()) : await runAll(JSON.parse(inside));

/** Runs this program again where what it mounts is nobody else's. */
function enterNamespace(lacks: Lacks): number {
  const folder = mkdtempSync(join(tmpdir(), "infield-faults-"));
  const again = [
    process.execPath,
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    ...process.argv.slice(2),
  ];
  const [command = "", ...args] = lacks.tmpfs === undefined ? [...IN_NAMESPACE, ...again] : again;
  const env = { ...process.env, [INSIDE]: JSON.stringify({ lacks, folder } satisfies Inside) };
  const { status } = spawnSync(command, args, { stdio: "inherit", env });
  rmSync(folder, { recursive: true });
  return status ?? 1;
}

async function runAll({ lacks, folder }: Inside): Promise<number> {
  const form = values.short ? "short" : "complete";
  const all = listChecks(form).filter(({ name }) => name.includes(positionals[0] ?? ""));
  const checks = all.filter(({ needs }) => lacks[needs] === undefined);
  if (lacks.tmpfs === undefined)
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=75%", "tmpfs", folder]);
  const tally = new Tally();
  const failed = await runChecks(checks, folder, tally);
  for (const { name, needs } of all) if (lacks[needs]) say(`skip  ${name} (${lacks[needs]})`);
  summarise({ checks, failed, skipped: all.length - checks.length }, tally);
  return failed.length === 0 ? 0 : 1;
}

/** As many lanes as processors, each with disks of its own; resolves to the checks that failed. */
async function runChecks(checks: readonly Check[], folder: string, tally: Tally): Promise<Check[]> {
  const ground = await prepareGround(folder);
  const waiting = [...checks];
  const failed: Check[] = [];
  const runLane = async (_: unknown, number: number) => {
    const lane = new Lane(ground, `lane-${number}`);
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const outcome = await runCheck(check, lane, tally);
      if (outcome.violations.length > 0) failed.push(check);
      tellOutcome(outcome);
    }
    await lane.close();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, runLane));
  return failed;
}

async function runCheck(check: Check, lane: Lane, tally: Tally): Promise<Outcome> {
  let points = 0;
  const told: Tell = (disk, fault, point) => {
    points++;
    tally.add(disk, fault, point);
  };
  const violations = await check
    .run(lane, told)
    .catch((error: unknown) => [`it broke off: ${error instanceof Error ? error.stack : error}`]);
  return { name: check.name, points, violations };
}

function tellOutcome(outcome: Outcome): void {
  const { name, points, violations } = outcome;
  if (values.json) console.log(JSON.stringify(outcome));
  say(`${violations.length === 0 ? "ok  " : "FAIL"}  ${name} (${points} points)`);
  for (const violation of violations.slice(0, SHOWN)) say(`        ${violation}`);
  if (violations.length > SHOWN) say(`        and ${violations.length - SHOWN} more`);
}

interface Summary {
  readonly checks: readonly Check[];
  readonly failed: readonly Check[];
  readonly skipped: number;
}

function summarise({ checks, failed, skipped }: Summary, tally: Tally): void {
  const mistakes = checks.filter(({ isMistake }) => isMistake).length;
  const missed = failed.filter(({ isMistake }) => isMistake).length;
  say(`\n${tally.toTable()}\n`);
  say(
    `${tally.points} points tried, violations in ${failed.length - missed} checks, ` +
      `planted mistakes caught: ${mistakes - missed} of ${mistakes}`,
  );
  if (skipped > 0) say(`${skipped} skipped`);
  say(`${checks.length - failed.length} passed, ${failed.length} failed`);
}

function say(line: string): void {
  if (!values.json) console.log(line);
}
