/**
 * `quiet`: everybody has the same version and nothing happens. What is sent, what reaches whom, and
 * what a card has to let through.
 */
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { runIn } from "../../room/namespaces.ts";
import { readHeard } from "../../room/wire.ts";
import { type LabLaptop, leaveRoom } from "../school/laptops.ts";
import { type Cost, costBetween, groupNames, read } from "../school/measure.ts";
import type { Options } from "../school/options.ts";
import type { Report, Table } from "../school/report.ts";
import { openSchool } from "../school/school.ts";
import { packetTable } from "../school/tables.ts";

/** What one laptop's card and kernel hold for Infield, and what they let through. */
interface Ears {
  readonly sockets: number;
  /** MAC addresses of groups, those that every machine is in included. */
  readonly macFilters: readonly string[];
  readonly groups: readonly string[];
  /** Announcements and queries that came, by group. */
  readonly heard: Readonly<Record<string, number>>;
}

interface Found {
  readonly minutes: number;
  readonly cost: Cost;
  readonly ears: readonly Ears[];
}

export async function quiet(options: Options): Promise<Report<Found>> {
  const { room, laptops, channel } = await openSchool(options);
  try {
    options.say(`listening for ${options.minutes} minutes …`);
    const nameOf = groupNames(channel.id, 2);
    const before = read(room, laptops);
    const heardBefore = laptops.map(({ station }) => readHeard(station));
    await wait(options.minutes * 60_000);
    const cost = costBetween(before, read(room, laptops), nameOf);
    const ears = laptops.map((laptop, index) =>
      readEars(laptop, heardBefore[index] ?? new Map(), nameOf),
    );
    return report({ minutes: options.minutes, cost, ears });
  } finally {
    await leaveRoom(room, laptops);
  }
}

function readEars(
  { agent, station }: LabLaptop,
  before: ReadonlyMap<string, number>,
  nameOf: (address: string) => string,
): Ears {
  // A line a socket, after a heading; the agent is the only program in its namespace.
  const sockets = ["udp", "udp6"].map(
    (kind) => lines(readFileSync(`/proc/${agent.pid}/net/${kind}`, "utf8")) - 1,
  );
  const maddr = runIn(station.namespace, ["ip", "-j", "maddr", "show", "dev", "eth0"]);
  const entries = (JSON.parse(maddr) as [{ maddr: { link?: string; address?: string }[] }])[0]
    .maddr;
  const fresh = [...readHeard(station)].map(
    ([group, count]) => [group, count - (before.get(group) ?? 0)] as const,
  );
  return {
    sockets: sockets.reduce((sum, count) => sum + count, 0),
    macFilters: entries.flatMap(({ link }) => link ?? []),
    groups: entries.flatMap(({ address }) => address ?? []).map(nameOf),
    heard: Object.fromEntries(
      fresh.filter(([, count]) => count > 0).map(([group, count]) => [nameOf(group), count]),
    ),
  };
}

function lines(text: string): number {
  return text.trimEnd().split("\n").length;
}

function report(found: Found): Report<Found> {
  const { cost, ears, minutes } = found;
  const heard = ears.reduce(
    (sum, one) => sum + Object.values(one.heard).reduce((all, count) => all + count, 0),
    0,
  );
  const [first] = ears as readonly [Ears];
  const sent = Object.values(cost.sent).reduce((sum, count) => sum + count, 0);
  return {
    goals: [
      {
        what: `packets that reach the ${ears.length} laptops at n from those that announce n, in ${minutes} minutes`,
        goal: "0",
        seen: String(heard),
        met: heard === 0,
      },
      {
        what: `packets sent to groups in these ${minutes} minutes (two hours of quiet: docs/protocol.md, rule 2.7)`,
        goal: "at most 120",
        seen: String(sent),
        met: sent <= 120,
      },
    ],
    tables: [packetTable(cost), earsTable(first)],
    data: found,
  };
}

function earsTable({ sockets, macFilters, groups }: Ears): Table {
  return {
    head: ["one laptop at rest", "what"],
    rows: [
      ["UDP sockets", String(sockets)],
      ["MAC filters", `${macFilters.length}: ${macFilters.join(", ")}`],
      ["groups", groups.join("; ")],
    ],
  };
}
