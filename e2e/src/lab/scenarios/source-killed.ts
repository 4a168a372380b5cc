/**
 * `source-killed`: the only laptop that has n+1 is killed while the class is half done; the pieces
 * are among the others by then.
 */
import { setTimeout as wait } from "node:timers/promises";
import { handOverOn, type LabLaptop, updateClassroomOn } from "../school/laptops.ts";
import type { Options } from "../school/options.ts";
import type { Report } from "../school/report.ts";
import { openSchool, type School } from "../school/school.ts";
import { type Spread, watchSpread } from "../school/spread.ts";
import { costTable, packetTable, timeTable } from "../school/tables.ts";
import { fetchedShare } from "../school/timeline.ts";

/** Of what the class is to fetch. */
const KILLED_AT = 0.5;
const LOOK_MS = 50;

interface Found extends Spread {
  /** What each of the others had fetched when the source was killed, 0 to 1. */
  readonly sharesThen: readonly number[];
}

export async function sourceKilled(options: Options): Promise<Report<Found>> {
  const school = await openSchool(options);
  try {
    const [source, ...others] = school.laptops as readonly [LabLaptop, ...LabLaptop[]];
    await handOverOn(source, school.channel.repository, 2);
    options.say("version 2 goes round until half of it has arrived; then the source is killed …");
    let sharesThen: number[] = [];
    const spread = await watchSpread(school, updateClassroomOn, async () => {
      sharesThen = await untilHalf(others);
      process.kill(source.agent.pid, "SIGKILL");
      return others;
    });
    return report(options, school, { ...spread, sharesThen });
  } finally {
    await school.leave();
  }
}

async function untilHalf(laptops: readonly LabLaptop[]): Promise<number[]> {
  for (;;) {
    const shares = laptops.map((laptop) => fetchedShare(laptop, 2));
    if (shares.reduce((sum, share) => sum + share, 0) / shares.length >= KILLED_AT) return shares;
    await wait(LOOK_MS);
  }
}

function report(
  { laptops, lossPercent }: Options,
  { blobBytes }: School,
  found: Found,
): Report<Found> {
  const { all, seconds, timelines, cost, sharesThen } = found;
  const finished = timelines.slice(1).filter(({ confirmed }) => confirmed !== undefined).length;
  const complete = sharesThen.filter((share) => share === 1).length;
  const goal = {
    what: `the source is killed at 50 %, ${complete} of ${laptops - 1} had all of it; ${lossPercent} % loss`,
    goal: "everybody else finishes",
    seen: `${finished} of ${laptops - 1}, ${all ? `after ${seconds.toFixed(1)} s` : "the others never"}`,
    met: all,
  };
  const tables = [timeTable(timelines), costTable(cost, blobBytes, laptops - 1), packetTable(cost)];
  return { goals: [goal], tables, data: found };
}
