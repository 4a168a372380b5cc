/**
 * `stragglers`: laptops that were away for 1 to 40 releases, and two that have nothing yet, come
 * back to one that has the newest.
 */
import { join } from "node:path";
import { formatCount } from "../../figures/table.ts";
import { shareMedium } from "../../room/medium.ts";
import { openRoom, type Station } from "../../room/namespaces.ts";
import { countPackets, losePackets, readConnectionBytes } from "../../room/wire.ts";
import {
  allConfirmed,
  copyLaptop,
  installImage,
  type LabLaptop,
  leaveRoom,
  startAgent,
} from "../school/laptops.ts";
import type { Options } from "../school/options.ts";
import { LabChannel, writeFirstTree, writeNextTree } from "../school/releases.ts";
import type { Report, Table } from "../school/report.ts";
import { MEDIUM_MBIT } from "../school/school.ts";

const NEWEST = 41;
const NEW_LAPTOPS = 2;
const FIRST = { texts: 20, pictures: 4 };
/**
 * Each release brings one picture in place of another, so that a chain carries what the newest no
 * longer has.
 */
const EACH = { texts: 2, pictures: 1 };
/** Of those pictures, what a tree has at one time. */
const PLACES = 4;
const LONGEST_MS = 300_000;

interface Straggler {
  readonly from: number;
  /** Over connections, with headers, acknowledgements and what came twice. */
  readonly receivedBytes: number;
  readonly chainBytes: number;
  readonly confirmed: boolean;
}
interface Found {
  readonly stragglers: readonly Straggler[];
  readonly fullBytes: number;
}

export async function stragglers(options: Options): Promise<Report<Found>> {
  const versions = pickVersions(options.laptops - NEW_LAPTOPS);
  options.say(`making ${NEWEST} releases, and laptops at ${versions.join(", ")} …`);
  const channel = await makeChannel(options, [...versions, NEWEST]);
  const room = openRoom(1 + versions.length + NEW_LAPTOPS);
  shareMedium(room, MEDIUM_MBIT);
  countPackets(room);
  const [first, ...rest] = room.stations as [Station, ...Station[]];
  const laptops: LabLaptop[] = [];
  try {
    const source = await seat(options, channel, first, NEWEST);
    laptops.push(source);
    losePackets(room, () => options.lossPercent);
    options.say("they come back …");
    const late: LabLaptop[] = [];
    for (const [index, station] of rest.entries()) {
      const laptop = await seat(options, channel, station, versions[index] ?? 0);
      late.push(laptop);
      laptops.push(laptop);
    }
    await allConfirmed(late, NEWEST, LONGEST_MS);
    return report(options, {
      stragglers: late.map((laptop, index) => describe(laptop, versions[index] ?? 0, channel)),
      fullBytes: channel.blobBytes(NEWEST, 0),
    });
  } finally {
    await leaveRoom(room, laptops);
  }
}

/** That many versions before the newest, 1 and the one before the newest among them. */
function pickVersions(count: number): number[] {
  const all = NEWEST - 1;
  const step = (all - 1) / Math.max(1, count - 1);
  return [...new Set(Array.from({ length: count }, (_, index) => Math.round(all - index * step)))];
}

/**
 * Every release as a delta from the one before, the first and the newest as full installs too;
 * images of these versions.
 */
async function makeChannel(
  { folder, level }: Options,
  versions: readonly number[],
): Promise<LabChannel> {
  const channel = await LabChannel.create(folder);
  const growing = join(folder, "growing");
  for (let version = 1; version <= NEWEST; version++) {
    if (version === 1) writeFirstTree(channel.tree(1), FIRST);
    else
      writeNextTree(
        channel.tree(version - 1),
        channel.tree(version),
        version,
        EACH,
        version % PLACES,
      );
    const full = version === 1 || version === NEWEST ? (["empty"] as const) : [];
    await channel.release(
      version,
      [...(version > 1 ? [version - 1] : []), ...full],
      "--level",
      level,
    );
    // Each of them was there for every release until its own, as a laptop of a class is.
    await installImage(channel.repository, growing);
    if (versions.includes(version)) await copyLaptop(growing, imageOf(folder, version));
  }
  return channel;
}

function imageOf(folder: string, version: number): string {
  return join(folder, `image-${version}`);
}

/** Starts the agent of a laptop at a version, or of a new one that only knows its channel. */
async function seat(
  { folder }: Options,
  channel: LabChannel,
  station: Station,
  version: number,
): Promise<LabLaptop> {
  const root = join(folder, `laptop-${station.number}`);
  const name = `Laptop ${station.number}`;
  if (version > 0) await copyLaptop(imageOf(folder, version), root);
  const agent = startAgent(station, root, name, ...(version > 0 ? [] : ["--channel", channel.id]));
  await agent.until(({ event }) => event === "ready");
  return { name, station, root, agent };
}

function describe({ station, agent }: LabLaptop, from: number, channel: LabChannel): Straggler {
  const steps = Array.from({ length: NEWEST - from }, (_, index) => from + index);
  return {
    from,
    receivedBytes: readConnectionBytes(station),
    chainBytes: steps.reduce((sum, base) => sum + channel.blobBytes(base + 1, base), 0),
    confirmed: agent.events.some(
      ({ event, version }) => event === "confirmed" && version === NEWEST,
    ),
  };
}

function report({ lossPercent }: Options, found: Found): Report<Found> {
  const { stragglers: all, fullBytes } = found;
  const arrived = all.filter(({ confirmed }) => confirmed).length;
  const cheaper = all.filter(
    ({ receivedBytes, chainBytes }) => receivedBytes < Math.min(chainBytes, fullBytes),
  );
  return {
    goals: [
      {
        what: `laptops at n-1 … n-${NEWEST - 1} and at 0 converge; ${lossPercent} % loss`,
        goal: `${all.length} of ${all.length}`,
        seen: `${arrived} of ${all.length}; ${cheaper.length} with fewer bytes than chain and full install`,
        met: arrived === all.length,
      },
    ],
    tables: [bytesTable(found)],
    data: found,
  };
}

function bytesTable({ stragglers: all, fullBytes }: Found): Table {
  return {
    head: ["straggler at", "bytes received", "chain, bytes", "full install, bytes", "arrived"],
    rows: all.map(({ from, receivedBytes, chainBytes, confirmed }) => [
      from === 0 ? "0" : `n-${NEWEST - from}`,
      formatCount(receivedBytes),
      formatCount(chainBytes),
      formatCount(fullBytes),
      confirmed ? "yes" : "NO",
    ]),
  };
}
