/**
 * `npm run bench:quiet [-- ROOMS]`: what a room of thirty costs once everybody has the new release,
 * and how soon sleeping laptops are woken by an urgent one. The real protocol on a fake network
 * with a fake clock, many rooms with seeds of their own (agent/src/net/testing/).
 */
import { type FakeRoom, openRoom } from "@infield/agent/src/testing/fake-laptop.ts";
import { parseAnnouncement } from "@infield/shared/announce";
import { formatTable } from "../../figures/table.ts";

const ROOMS = Number(process.argv[2] ?? 30);
const HOUR_MS = 3_600_000;
const seeds = Array.from({ length: ROOMS }, (_, index) => 1_001 + index);

await measureQuiet();
await measureWaking();

async function measureQuiet(): Promise<void> {
  const rows: string[][] = [];
  for (const loss of [0, 0.1, 0.3]) {
    const counts = [];
    for (const seed of seeds) counts.push(await countPackets(seed, loss));
    const quiet = counts.map((count) => count.quiet);
    const inAll = counts.map((count) => count.inAll);
    rows.push([
      `${loss * 100} %`,
      mean(quiet),
      `${Math.max(...quiet)}`,
      mean(inAll),
      `${Math.max(...inAll)}`,
    ]);
  }
  const head = ["lost", "in two quiet hours, mean", "most", "since the first word, mean", "most"];
  console.log(formatTable(head, rows));
}

/**
 * Announcements of both families and to all groups; those of laptops that are still fetching,
 * `partial`, are the transfer's.
 */
async function countPackets(seed: number, loss: number): Promise<{ quiet: number; inAll: number }> {
  const room = await openRoom({ seed, loss, versions: new Array<number>(30).fill(4) });
  await room.laptops[0]?.take(5);
  while (!haveAll(room, 5)) await room.clock.advanceSlowly(500);
  const before = count(room);
  room.clock.advance(2 * HOUR_MS);
  return { quiet: count(room) - before, inAll: count(room) };
}

async function measureWaking(): Promise<void> {
  const times: number[] = [];
  for (const seed of seeds) {
    const room = await openRoom({
      seed,
      loss: 0.3,
      versions: new Array<number>(6).fill(4),
      urgent: [5],
    });
    for (const laptop of room.laptops.slice(1)) await laptop.sleep();
    await room.laptops[0]?.take(5);
    while (room.laptops.some((laptop) => laptop.isAsleep()) && room.clock.now() < HOUR_MS)
      await room.clock.advanceSlowly(100);
    times.push(room.clock.now());
  }
  times.sort((a, b) => a - b);
  const woken = times.filter((ms) => ms < HOUR_MS).length;
  const [median = 0, longest = 0] = [times[Math.floor(times.length / 2)], times.at(-1)];
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  console.log(
    `\nurgent, 30 % lost: all five sleepers awake in ${woken} of ${times.length} rooms,`,
    `after ${seconds(median)} (median), ${seconds(longest)} (longest)`,
  );
}

function haveAll({ laptops }: FakeRoom, version: number): boolean {
  return laptops.every((laptop) => laptop.version() === version);
}

function count({ network }: FakeRoom): number {
  return network.frames.filter(({ bytes }) => parseAnnouncement(bytes)?.partial === false).length;
}

function mean(numbers: readonly number[]): string {
  return (numbers.reduce((sum, number) => sum + number) / numbers.length).toFixed(0);
}
