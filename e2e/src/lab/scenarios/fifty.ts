/**
 * `fifty`: as many agents as a class has laptops, on this machine; what each of them costs while
 * nothing happens.
 */
import { setTimeout as wait } from "node:timers/promises";
import { formatMebibytes } from "../../figures/table.ts";
import {
  countWakings,
  type Memory,
  readCpuSeconds,
  readMemory,
} from "../../harness/process-cost.ts";
import { leaveRoom } from "../school/laptops.ts";
import type { Options } from "../school/options.ts";
import { type Report, spread } from "../school/report.ts";
import { openSchool } from "../school/school.ts";

/** Over this long, after the minutes of rest. */
const WATCHED_S = 100;
/** That is at rest (docs/benchmarks.md, "At rest"). */
const WAKINGS_IN_10_S = 1;

interface Found {
  readonly alive: number;
  readonly memory: readonly Memory[];
  /** Of one processor, in per cent, of each agent. */
  readonly cpuPercent: readonly number[];
  readonly wakingsIn10s: readonly number[];
}

export async function fifty(options: Options): Promise<Report<Found>> {
  const { room, laptops } = await openSchool(options);
  try {
    options.say(`resting for ${options.minutes} minutes, then watching for ${WATCHED_S} s …`);
    await wait(options.minutes * 60_000);
    const pids = laptops.map(({ agent }) => agent.pid);
    const before = pids.map((pid) => ({ cpu: readCpuSeconds(pid), wakings: countWakings(pid) }));
    await wait(WATCHED_S * 1000);
    const cpuPercent = pids.map(
      (pid, i) => ((readCpuSeconds(pid) - (before[i]?.cpu ?? 0)) / WATCHED_S) * 100,
    );
    const wakingsIn10s = pids.map(
      (pid, i) => ((countWakings(pid) - (before[i]?.wakings ?? 0)) / WATCHED_S) * 10,
    );
    return report({ alive: pids.length, memory: pids.map(readMemory), cpuPercent, wakingsIn10s });
  } finally {
    await leaveRoom(room, laptops);
  }
}

function report(found: Found): Report<Found> {
  const { memory, cpuPercent, wakingsIn10s, alive } = found;
  const mebibytes = (field: keyof Memory) =>
    spread(memory.map((one) => one[field] / 2 ** 20)).slice(0, 3);
  const together = formatMebibytes(memory.reduce((sum, { pss }) => sum + pss, 0));
  const [, median] = spread(wakingsIn10s);
  return {
    goals: [
      {
        what: `${alive} agents on this machine, wakings of one at rest, median`,
        goal: `at most ${WAKINGS_IN_10_S} in 10 s`,
        seen: median,
        met: Number(median) <= WAKINGS_IN_10_S,
      },
    ],
    tables: [
      {
        head: ["an agent at rest", "least", "median", "most"],
        rows: [
          ["of its own (USS), MiB", ...mebibytes("uss")],
          ["its share (PSS), MiB", ...mebibytes("pss")],
          ["resident (RSS), MiB", ...mebibytes("rss")],
          ["processor, % of one", ...spread(cpuPercent).slice(0, 3)],
          ["wakings in 10 s", ...spread(wakingsIn10s).slice(0, 3)],
          ["all together (PSS), MiB", "", together, ""],
        ],
      },
    ],
    data: found,
  };
}
