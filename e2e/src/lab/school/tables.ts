/** Tables that several scenarios print. */
import { formatCount } from "../../figures/table.ts";
import type { Cost } from "./measure.ts";
import { spread, type Table } from "./report.ts";
import { MEDIUM_MBIT } from "./school.ts";
import { STEPS, type Timeline } from "./timeline.ts";

/** When the class came to each step. */
export function timeTable(timelines: readonly Timeline[]): Table {
  const seconds = (step: (typeof STEPS)[number]) =>
    timelines.map((one) => (one[step] === undefined ? undefined : one[step] / 1000));
  // The source, the first, hears and fetches nothing.
  return {
    head: ["seconds since the button was pressed", "first", "median", "last", "never"],
    rows: STEPS.map((step) => [step, ...spread(seconds(step).slice(isFetching(step) ? 1 : 0))]),
  };
}

function isFetching(step: (typeof STEPS)[number]): boolean {
  return step !== "built" && step !== "confirmed";
}

/** `fetchers`: how many laptops fetched the blob. */
export function costTable(cost: Cost, blobBytes: number, fetchers: number): Table {
  const { airBytes, airFrames, cpuSeconds, dropped, seconds } = cost;
  return {
    head: ["", "figure"],
    rows: [
      ["bytes of the blob", formatCount(blobBytes)],
      ["bytes on the medium", formatCount(airBytes)],
      ["÷ blob", (airBytes / blobBytes).toFixed(2)],
      ["÷ blob × laptops that fetched it", (airBytes / blobBytes / fetchers).toFixed(3)],
      ["frames on the medium", formatCount(airFrames)],
      ["frames that a full queue dropped", formatCount(dropped)],
      [
        "seconds of the medium, of all",
        `${((airBytes * 8) / (MEDIUM_MBIT * 1e6)).toFixed(1)} of ${seconds.toFixed(1)}`,
      ],
      ["processor seconds of all agents together", cpuSeconds.toFixed(1)],
    ],
  };
}

export function packetTable({ sent }: Cost): Table {
  const all = Object.entries(sent).sort(([a], [b]) => a.localeCompare(b));
  const rows = all.map(([name, count]) => [name, String(count)]);
  const sum = all.reduce((total, [, count]) => total + count, 0);
  return { head: ["packets sent to groups", "packets"], rows: [...rows, ["all", String(sum)]] };
}
