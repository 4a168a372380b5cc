/** Where a laptop's time goes, from what its agent says. */
import type { AgentEvent } from "../../harness/infield.ts";
import type { LabLaptop } from "./laptops.ts";

/** Milliseconds from a common beginning; undefined for what did not happen. */
export interface Timeline {
  /** The announcement was heard and believed. */
  readonly heard: number | undefined;
  /** Somebody was chosen to fetch from. */
  readonly began: number | undefined;
  /** Bytes of the blob had arrived: known to a second, as progress is told that often. */
  readonly firstPiece: number | undefined;
  /** The whole blob was there. */
  readonly lastPiece: number | undefined;
  /** The new version was built, compared with its manifest, and durable. */
  readonly built: number | undefined;
  /** The health check had passed. */
  readonly confirmed: number | undefined;
}

export const STEPS = ["heard", "began", "firstPiece", "lastPiece", "built", "confirmed"] as const;

/** What a laptop did on its way to `version`, since `start` (as `performance.now()` has it). */
export function readTimeline({ agent }: LabLaptop, version: number, start: number): Timeline {
  const at = (fits: (event: AgentEvent) => boolean) => {
    const found = agent.events.find((event) => event.heardAtMs >= start && fits(event));
    return found && found.heardAtMs - start;
  };
  const stepAfter = (earlier = 0, state: string) =>
    at(
      ({ event, target, state: is, heardAtMs }) =>
        event === "update" && target === version && is === state && heardAtMs - start >= earlier,
    );
  const step = (state: string) => stepAfter(0, state);
  return {
    heard: at(
      (event) =>
        event.event === "packet" && event.kind === "announcement" && event.verdict === "taken",
    ),
    began: step("fetching"),
    firstPiece: at(
      (event) => event.event === "update" && event.target === version && fetchedBytes(event) > 0,
    ),
    lastPiece: step("building"),
    // A laptop that takes it from its own repository says so already before it builds.
    built: stepAfter(step("building"), "checking"),
    confirmed: at((event) => event.event === "confirmed" && event.version === version),
  };
}

function fetchedBytes({ state, progress }: AgentEvent): number {
  return state === "fetching" ? ((progress as { done: number } | undefined)?.done ?? 0) : 0;
}

/** How much of what is fetched now has arrived, by the last event: 0 to 1. */
export function fetchedShare({ agent }: LabLaptop, version: number): number {
  const last = agent.events.findLast(
    (event) => event.event === "update" && event.target === version,
  );
  if (last === undefined) return 0;
  if (last.state !== "fetching") return 1;
  const progress = last.progress as { done: number; total: number } | undefined;
  return progress === undefined || progress.total === 0 ? 0 : progress.done / progress.total;
}
