/**
 * `room`: a class at n, one laptop gets n+1; how long until all have it, what that costs the air,
 * and where the time goes.
 */
import { handOverOn, type LabLaptop, updateClassroomOn } from "../school/laptops.ts";
import type { Options } from "../school/options.ts";
import type { Report } from "../school/report.ts";
import { openSchool } from "../school/school.ts";
import { type Spread, watchSpread } from "../school/spread.ts";
import { costTable, packetTable, timeTable } from "../school/tables.ts";

/** Seconds, at no loss and with any. */
const GOAL_S = { clean: 20, lossy: 40 };

interface Found extends Spread {
  readonly blobBytes: number;
}

export async function room(options: Options): Promise<Report<Found>> {
  const school = await openSchool(options);
  try {
    const { laptops, channel, blobBytes } = school;
    await handOverOn(laptops[0] as LabLaptop, channel.repository, 2);
    options.say("version 2 goes round …");
    return report(options, { ...(await watchSpread(school, updateClassroomOn)), blobBytes });
  } finally {
    await school.leave();
  }
}

function report({ laptops, lossPercent }: Options, found: Found): Report<Found> {
  const { all, seconds, timelines, blobBytes, cost } = found;
  const limit = lossPercent === 0 ? GOAL_S.clean : GOAL_S.lossy;
  const goal = {
    what: `${laptops} laptops at n, one gets n+1: all switched and confirmed, ${lossPercent} % loss`,
    goal: `under ${limit} s`,
    seen: all ? `${seconds.toFixed(1)} s` : "not all",
    met: all && seconds < limit,
  };
  const tables = [timeTable(timelines), costTable(cost, blobBytes, laptops - 1), packetTable(cost)];
  return { goals: [goal], tables, data: found };
}
