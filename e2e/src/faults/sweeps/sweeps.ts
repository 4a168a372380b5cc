/**
 * Sweeps: the same action again and again, each time with the fault one call later, until it no
 * longer happens.
 */
import { seededRandom } from "@infield/shared/testing";
import type { ActionName } from "../scene/actions.ts";
import type { DiskKind } from "../victim/disks.ts";
import type { Lane } from "../victim/lane.ts";
import type { Fault } from "../victim/victim.ts";
import { makeWreck, type Point, runAt, type Trial, tryPoint, tryRecovery } from "./point.ts";

/** What hears of every point. */
export type Tell = (disk: DiskKind, fault: Fault, point: Point) => void;

const NO_FAULT: Fault = { name: "none", kind: "none" };
/** More calls than any action makes: a sweep that reaches it is broken. */
const ENOUGH = 5_000;

export interface Sweep {
  readonly disk: DiskKind;
  readonly action: ActionName;
  readonly fault: Fault;
  /**
   * How many points, chosen by chance but the same ones every time; all of them when it is not
   * given.
   */
  readonly sample?: number;
}

/** Resolves to what was violated, a sentence each. `tryAt` is one point. */
export async function sweepCalls(
  lane: Lane,
  sweep: Sweep,
  tell: Tell,
  tryAt = tryPoint,
): Promise<string[]> {
  const trial = await trialOf(lane, sweep);
  const violations: string[] = [];
  let happened = 0;
  for (const at of await choosePoints(trial, sweep.sample)) {
    const point = await tryAt(trial, at);
    violations.push(...point.violations.map((what) => `${point.fault ?? `call ${at}`}: ${what}`));
    if (point.fault !== undefined) {
      happened++;
      tell(sweep.disk, sweep.fault, point);
    }
    if (point.isOver && sweep.sample === undefined) break;
  }
  if (happened === 0) violations.push("the fault never happened");
  return violations;
}

/**
 * The power goes again while what the first cut left is put right: at every call of the recovery.
 */
export async function sweepRecovery(lane: Lane, sweep: Sweep, tell: Tell): Promise<string[]> {
  const trial = await trialOf(lane, sweep);
  const violations: string[] = [];
  let happened = 0;
  for (const first of await choosePoints(trial, sweep.sample)) {
    const before = await makeWreck(trial, first);
    if (before === undefined) continue;
    for (let at = 1; at < ENOUGH; at++) {
      const point = await tryRecovery(trial, before, at);
      violations.push(
        ...point.violations.map((what) => `call ${first}, then ${point.fault ?? at}: ${what}`),
      );
      if (point.fault !== undefined) {
        happened++;
        tell(sweep.disk, sweep.fault, point);
      }
      if (point.isOver) break;
    }
  }
  if (happened === 0) violations.push("the fault never happened");
  return violations;
}

export async function trialOf(lane: Lane, { disk, action, fault }: Sweep): Promise<Trial> {
  return { ground: lane.ground, disk: await lane.disk(disk), action, fault };
}

/**
 * A sample is taken from as many calls as the action makes when nothing goes wrong, one from each
 * stretch of equal length.
 */
async function choosePoints(trial: Trial, sample: number | undefined): Promise<number[]> {
  if (sample === undefined) return Array.from({ length: ENOUGH }, (_, index) => index + 1);
  await trial.disk.restore(trial.action);
  // Of the kind that the fault can meet; the count alone does nothing.
  const { calls } = await runAt(
    { ...trial, fault: { ...trial.fault, kind: countingKind(trial.fault) } },
    trial.action,
    ENOUGH,
  );
  const stretch = calls / sample;
  // Another sample for each fault, and each disk.
  const random = seededRandom(
    [...`${trial.disk.kind} ${trial.action} ${trial.fault.name}`].reduce(spread, 0),
  );
  return Array.from({ length: sample }, (_, index) => 1 + Math.floor(stretch * (index + random())));
}

function spread(sum: number, character: string): number {
  return (Math.imul(sum, 31) + character.charCodeAt(0)) | 0;
}

/** Faults that only some calls can meet count these alone. */
function countingKind({ kind }: Fault): Fault["kind"] {
  return kind === "short" || kind === "lost" ? kind : NO_FAULT.kind;
}
