/** A release goes through a class: begun at one laptop, watched until the last has it. */
import type { AgentEvent } from "../../harness/infield.ts";
import { allConfirmed, type LabLaptop } from "./laptops.ts";
import { type Cost, costBetween, groupNames, read } from "./measure.ts";
import type { School } from "./school.ts";
import { readTimeline, type Timeline } from "./timeline.ts";

export interface Spread {
  /** Everybody who was waited for has it. */
  readonly all: boolean;
  /** Until the last of them had confirmed it; what is under way counts as never. */
  readonly seconds: number;
  readonly cost: Cost;
  /** Of every laptop; the source is the first. */
  readonly timelines: readonly Timeline[];
}

/** After this a laptop counts as left behind. */
const LONGEST_MS = 180_000;

/**
 * `begin` makes the first laptop take version 2; the clock starts when it does. `meanwhile` gives
 * those who are waited for.
 */
export async function watchSpread(
  { room, laptops, channel }: School,
  begin: (source: LabLaptop) => Promise<void>,
  meanwhile: () => Promise<readonly LabLaptop[]> = async () => laptops,
): Promise<Spread> {
  const [source] = laptops as readonly [LabLaptop];
  const before = read(room, laptops);
  const begun = begin(source);
  // It may be killed while it still answers to who pressed the button.
  begun.catch(() => {});
  const isBegun = ({ event, heardAtMs }: AgentEvent) =>
    event === "update" && heardAtMs > before.atMs;
  const { heardAtMs: start } = await source.agent.until(isBegun);
  const waited = await meanwhile();
  const all = await allConfirmed(waited, 2, LONGEST_MS);
  const cost = costBetween(before, read(room, laptops), groupNames(channel.id, 2));
  const timelines = laptops.map((laptop) => readTimeline(laptop, 2, start));
  const last = waited.map(
    (laptop) => readTimeline(laptop, 2, start).confirmed ?? Number.POSITIVE_INFINITY,
  );
  return { all, seconds: Math.max(...last) / 1000, cost, timelines };
}
