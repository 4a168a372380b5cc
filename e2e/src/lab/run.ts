/**
 * `npm run lab -- SCENARIO`: one scenario of the classroom laboratory; without one, the list of
 * them. Exit code 3: a goal was missed.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { LACKS_ROOMS, removeAbandoned } from "../room/namespaces.ts";
import { asleep } from "./scenarios/asleep.ts";
import { fifty } from "./scenarios/fifty.ts";
import { liar } from "./scenarios/liar.ts";
import { quiet } from "./scenarios/quiet.ts";
import { room } from "./scenarios/room.ts";
import { sourceKilled } from "./scenarios/source-killed.ts";
import { stragglers } from "./scenarios/stragglers.ts";
import { teacher } from "./scenarios/teacher.ts";
import type { Options } from "./school/options.ts";
import { formatReport, type Report } from "./school/report.ts";

interface Scenario {
  readonly summary: string;
  readonly laptops: number;
  run(options: Options): Promise<Report>;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  room: { summary: "a class at n, one laptop gets n+1", laptops: 30, run: room },
  quiet: { summary: "everybody at n, nothing happens", laptops: 10, run: quiet },
  "source-killed": {
    summary: "whoever had n+1 first is killed at 50 %",
    laptops: 30,
    run: sourceKilled,
  },
  liar: { summary: "a neighbour sends wrong pieces", laptops: 10, run: liar },
  asleep: {
    summary: "all but one sleep; 100 wakings at 30 % loss in all",
    laptops: 26,
    run: asleep,
  },
  stragglers: { summary: "laptops at n-1 … n-40 and at 0 come back", laptops: 10, run: stragglers },
  teacher: { summary: "a real Chromium presses the one button", laptops: 10, run: teacher },
  fifty: { summary: "what an agent costs at rest", laptops: 50, run: fifty },
};

const USAGE = `npm run lab -- SCENARIO [--laptops N] [--loss PERCENT] [--minutes N] [--level LEVEL] [--json]

${Object.entries(SCENARIOS)
  .map(
    ([name, { summary, laptops }]) =>
      `  ${name.padEnd(14)} ${summary} (${laptops} laptops unless given)`,
  )
  .join("\n")}
  ${"clean".padEnd(14)} removes the network namespaces of runs that were killed

  --loss     of the packets to each receiver, 0 unless given
  --minutes  of rest, where a scenario has some; 5 unless given
  --level    of the deltas, fast unless given: thirty laptops share this machine's processors while they decode

Linux, as root. Everything runs in network namespaces of its own and in memory; nothing leaves this machine.`;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`lab: ${error instanceof Error ? error.message : error}`);
  return 1;
});

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      laptops: { type: "string" },
      loss: { type: "string", default: "0" },
      minutes: { type: "string", default: "5" },
      level: { type: "string", default: "fast" },
      json: { type: "boolean", default: false },
    },
  });
  const [name = ""] = positionals;
  const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (name === "clean") {
    console.log(`${removeAbandoned()} namespaces removed`);
    return 0;
  }
  if (scenario === undefined) {
    console.error(USAGE);
    return 2;
  }
  if (LACKS_ROOMS) {
    console.error(`lab: ${LACKS_ROOMS}`);
    return 1;
  }
  const report = await runScenario(scenario, {
    laptops: Number(values.laptops ?? scenario.laptops),
    lossPercent: Number(values.loss),
    minutes: Number(values.minutes),
    level: values.level,
    say: (line) => console.error(line),
  });
  console.log(values.json ? JSON.stringify(report, undefined, 2) : formatReport(report));
  return report.goals.every(({ met }) => met) ? 0 : 3;
}

/**
 * In memory where there is a filesystem of it: real laptops have a disk each, and thirty on one
 * would wait for it.
 */
async function runScenario(scenario: Scenario, options: Omit<Options, "folder">): Promise<Report> {
  if (existsSync("/dev/shm")) process.env.TMPDIR = "/dev/shm";
  process.on("exit", removeTempFolders);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => process.exit(130));
  return scenario.run({ ...options, folder: tempFolder("lab") });
}
