/**
 * `asleep`: laptops that sleep hear nothing of a normal release, and are woken by an urgent one,
 * again and again, on a bad radio.
 */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { AgentEvent } from "../../harness/infield.ts";
import { shareMedium } from "../../room/medium.ts";
import { openRoom } from "../../room/namespaces.ts";
import { countPackets, losePackets, readHeard } from "../../room/wire.ts";
import {
  allTell,
  handOverOn,
  installImage,
  type LabLaptop,
  leaveRoom,
  onLaptop,
  seatLaptops,
  updateClassroomOn,
} from "../school/laptops.ts";
import { groupNames } from "../school/measure.ts";
import type { Options } from "../school/options.ts";
import { LabChannel, writeFirstTree, writeNextTree } from "../school/releases.ts";
import type { Report, Table } from "../school/report.ts";
import { MEDIUM_MBIT } from "../school/school.ts";

const LOSS_PERCENT = 30;
const RUNS = 100;
const FIRST = { texts: 20, pictures: 1 };
const EACH = { texts: 2, pictures: 0 };
const SETTLE_MS = 3_000;
/** A normal release is told of at once, and again and again in the first seconds. */
const NORMAL_MS = 20_000;
/** An urgent one that has not woken a laptop by then has not woken it. */
const LONGEST_MS = 60_000;

interface Found {
  /** Packets that reached sleeping laptops while a normal release went out, by group. */
  readonly heardOfNormal: Readonly<Record<string, number>>;
  /** Laptops that were told to sleep and were woken by an urgent release, of how many. */
  readonly woken: number;
  readonly runs: number;
}

export async function asleep(options: Options): Promise<Report<Found>> {
  const { folder, level, laptops: count, say } = options;
  const rounds = Math.ceil(RUNS / (count - 1));
  const newest = 2 + rounds;
  say(`making ${newest} releases …`);
  const channel = await LabChannel.create(folder);
  writeFirstTree(channel.tree(1), FIRST);
  await channel.release(1, ["empty"], "--level", level);
  const image = await installImage(channel.repository, join(folder, "image"));
  for (let version = 2; version <= newest; version++) {
    writeNextTree(channel.tree(version - 1), channel.tree(version), version, EACH);
    await channel.release(
      version,
      [version - 1],
      "--level",
      level,
      ...(version > 2 ? ["--urgent"] : []),
    );
  }
  const room = openRoom(count);
  shareMedium(room, MEDIUM_MBIT);
  countPackets(room);
  say(`starting ${count} agents …`);
  const laptops = await seatLaptops(folder, room.stations, () => image);
  try {
    const [source, ...sleepers] = laptops as [LabLaptop, ...LabLaptop[]];
    await wait(SETTLE_MS);
    losePackets(room, () => LOSS_PERCENT);
    say("all but one are told to sleep; a normal release goes out …");
    await sleepAll(sleepers);
    const before = sleepers.map(({ station }) => readHeard(station));
    await handOverOn(source, channel.repository, 2);
    await updateClassroomOn(source);
    await wait(NORMAL_MS);
    const heardOfNormal = addUp(sleepers, before, groupNames(channel.id, newest));
    let woken = 0;
    for (let version = 3; version <= newest; version++) {
      if (version > 3) await sleepAll(sleepers);
      say(`urgent version ${version} goes out at ${LOSS_PERCENT} % loss …`);
      await handOverOn(source, channel.repository, version);
      const start = performance.now();
      await updateClassroomOn(source);
      const isWoken = ({ event, heardAtMs }: AgentEvent) => event === "awake" && heardAtMs > start;
      await allTell(sleepers, isWoken, LONGEST_MS);
      const now = sleepers.filter(({ agent }) => agent.events.some(isWoken)).length;
      say(`… and woke ${now} of ${sleepers.length}`);
      woken += now;
    }
    return report({ heardOfNormal, woken, runs: rounds * sleepers.length });
  } finally {
    await leaveRoom(room, laptops);
  }
}

async function sleepAll(laptops: readonly LabLaptop[]): Promise<void> {
  await Promise.all(laptops.map((laptop) => onLaptop(laptop, "sleep")));
}

function addUp(
  laptops: readonly LabLaptop[],
  before: readonly ReadonlyMap<string, number>[],
  nameOf: (address: string) => string,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [index, { station }] of laptops.entries())
    for (const [group, count] of readHeard(station)) {
      const fresh = count - (before[index]?.get(group) ?? 0);
      if (fresh > 0) sums[nameOf(group)] = (sums[nameOf(group)] ?? 0) + fresh;
    }
  return sums;
}

function report(found: Found): Report<Found> {
  const { heardOfNormal, woken, runs } = found;
  const heard = Object.values(heardOfNormal).reduce((sum, count) => sum + count, 0);
  const table: Table = {
    head: ["heard while asleep, of a normal release", "packets"],
    rows: Object.entries(heardOfNormal).map(([group, count]) => [group, String(count)]),
  };
  return {
    goals: [
      {
        what: "packets that reach sleeping laptops, of a normal release",
        goal: "0",
        seen: String(heard),
        met: heard === 0,
      },
      {
        what: `sleeping laptops woken by an urgent release, ${LOSS_PERCENT} % loss`,
        goal: `${runs} of ${runs}`,
        seen: `${woken} of ${runs}`,
        met: woken === runs,
      },
    ],
    tables: heard > 0 ? [table] : [],
    data: found,
  };
}
