/**
 * `liar`: one of those that announce n+1 sends pieces that are wrong; what that costs the others.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { commandOf } from "../../harness/typescript.ts";
import { inNamespace } from "../../room/namespaces.ts";
import { handOverOn, type LabLaptop, updateClassroomOn } from "../school/laptops.ts";
import type { Options } from "../school/options.ts";
import { type Report, spread as spreadOf } from "../school/report.ts";
import { openSchool, type School } from "../school/school.ts";
import { type Spread, watchSpread } from "../school/spread.ts";
import { costTable, timeTable } from "../school/tables.ts";

const LYING_PEER = commandOf(new URL("../school/lying-peer.ts", import.meta.url));
const MOST_LOST = 3;

interface Found extends Spread {
  /** Wrong pieces that each laptop, by its laptop id, was sent. */
  readonly wrongPieces: Readonly<Record<string, number>>;
}

export async function liar(options: Options): Promise<Report<Found>> {
  const school = await openSchool({ ...options, guests: 1 });
  try {
    const { channel, laptops, guests } = school;
    await handOverOn(laptops[0] as LabLaptop, channel.repository, 2);
    const [program, ...words] = inNamespace(
      guests[0]?.namespace ?? "",
      ...LYING_PEER,
      ...[channel.repository, "2"],
    );
    const peer = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    const wrongPieces: Record<string, number> = {};
    createInterface(peer.stdout).on("line", (laptop) => {
      wrongPieces[laptop] = (wrongPieces[laptop] ?? 0) + 1;
    });
    options.say("version 2 goes round, with a liar …");
    const spread = await watchSpread(school, updateClassroomOn);
    peer.kill();
    await once(peer, "close");
    return report(options, school, { ...spread, wrongPieces });
  } finally {
    await school.leave();
  }
}

function report(
  { laptops, lossPercent }: Options,
  { blobBytes }: School,
  found: Found,
): Report<Found> {
  const { all, seconds, cost, timelines, wrongPieces } = found;
  const counts = Object.values(wrongPieces);
  const most = Math.max(0, ...counts);
  const [least, median] = spreadOf(counts);
  return {
    goals: [
      {
        what: `pieces that a laptop lost to the liar; ${lossPercent} % loss`,
        goal: `at most ${MOST_LOST}, and some were lied to`,
        seen: `${most} at most (${counts.length} laptops were lied to: ${least} … ${median} … ${most})`,
        met: most <= MOST_LOST && most > 0,
      },
      {
        what: "all switched and confirmed all the same",
        goal: `${laptops} laptops`,
        seen: all ? `all, after ${seconds.toFixed(1)} s` : "not all",
        met: all,
      },
    ],
    tables: [timeTable(timelines), costTable(cost, blobBytes, laptops - 1)],
    data: found,
  };
}
