/**
 * One point: a root is brought back, something goes wrong at one call, and then everything that
 * must hold is looked at.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ACTIONS, type ActionName } from "../scene/actions.ts";
import {
  type Before,
  findViolations,
  fingerprint,
  readBefore,
  readCurrent,
} from "../scene/oracle.ts";
import type { Disk } from "../victim/disks.ts";
import type { Ground } from "../victim/lane.ts";
import { type Fault, type Run, runVictim } from "../victim/victim.ts";

export interface Trial {
  readonly ground: Ground;
  readonly disk: Disk;
  readonly action: ActionName;
  readonly fault: Fault;
  /** Instead of the ground's: with a mistake planted in it. */
  readonly program?: string;
  readonly pretend?: "files" | "dirs";
}

export interface Point {
  /** The call at which the fault happened; undefined when it did not. */
  readonly fault?: string;
  /** The process made fewer calls than that. */
  readonly isOver: boolean;
  readonly phase: string;
  readonly violations: readonly string[];
}

/** After the last call of any action: the cut comes when everything was reported as done. */
export const AT_THE_END = 1_000_000;

/** The codes an action may end with when the disk says no. */
const DISK_CODES: Readonly<Record<string, readonly string[]>> = {
  EIO: ["io-failed"],
  EROFS: ["io-failed"],
  ENOSPC: ["no-space"],
  EDQUOT: ["no-space"],
};

/** Does the action with the fault at call `at`, and checks. */
export async function tryPoint(trial: Trial, at: number): Promise<Point> {
  await trial.disk.restore(trial.action);
  const before = readBefore(trial.disk.root);
  const run = await runAt(trial, trial.action, at);
  const isOver = run.calls < at;
  if (run.fault === undefined)
    return { phase: run.phase, isOver, violations: checkUnhurt(run, trial.fault, at) };
  if (needsMount(trial.fault)) await trial.disk.powerOn();
  return {
    fault: run.fault,
    phase: run.phase,
    isOver,
    violations: [
      ...checkRun(run, trial.fault),
      ...(await checkRoot(trial, before, run.result === "done")),
    ],
  };
}

/** Kills the action at call `at`, does it again, and cuts the power once it is done. */
export async function tryRedo(trial: Trial, at: number): Promise<Point> {
  await trial.disk.restore(trial.action);
  const before = readBefore(trial.disk.root);
  const killed = await runAt(
    { ...trial, fault: { name: "kill -9", kind: "kill" } },
    trial.action,
    at,
  );
  if (killed.fault === undefined) return { phase: killed.phase, isOver: true, violations: [] };
  const run = await runAt(trial, trial.action, AT_THE_END);
  await trial.disk.powerOn();
  return {
    fault: killed.fault,
    phase: killed.phase,
    isOver: false,
    violations: await checkRoot(trial, before, run.result === "done"),
  };
}

/**
 * What an action leaves when it is cut off at call `at`; kept as `wreck`. False when it made fewer
 * calls than that.
 */
export async function makeWreck(trial: Trial, at: number): Promise<Before | undefined> {
  await trial.disk.restore(trial.action);
  const before = readBefore(trial.disk.root);
  const run = await runAt(trial, trial.action, at);
  if (run.fault === undefined) return undefined;
  if (needsMount(trial.fault)) await trial.disk.powerOn("wreck");
  else await trial.disk.keep("wreck");
  return before;
}

/** Opens the wreck with the fault at call `at` of the recovery, and checks. */
export async function tryRecovery(trial: Trial, before: Before, at: number): Promise<Point> {
  await trial.disk.restore("wreck");
  const run = await runAt(trial, "open", at);
  const isOver = run.calls < at;
  if (run.fault === undefined) return { phase: "recover", isOver, violations: [] };
  if (needsMount(trial.fault)) await trial.disk.powerOn();
  return {
    fault: run.fault,
    phase: "recover",
    isOver,
    violations: await checkRoot(trial, before, false),
  };
}

export function runAt(trial: Trial, action: string, at: number): Promise<Run> {
  const { scene, shim, program } = trial.ground;
  return runVictim({
    scene,
    shim,
    disk: trial.disk,
    action,
    program: trial.program ?? program,
    fault: trial.fault,
    at,
    // A failed fsync that is tried again is what loses data: so here it is tried again.
    again: trial.fault.kind === "lost",
    ...(trial.pretend && { pretend: trial.pretend }),
  });
}

/** Faults after which the filesystem can no longer be used as it is mounted. */
function needsMount({ kind }: Fault): boolean {
  return ["cut", "cut-journal", "lost", "readonly"].includes(kind);
}

/**
 * Fewer calls than that, or calls that a fault of this kind cannot meet: nothing may have gone
 * wrong.
 */
function checkUnhurt(run: Run, { kind }: Fault, at: number): string[] {
  // A filesystem with files open for writing cannot be made read-only.
  if (run.calls >= at && kind !== "readonly") return [`call ${at} came and nothing happened to it`];
  return run.result === "done"
    ? []
    : [`without a fault it ended with ${run.result ?? run.signal}: ${run.output}`];
}

/**
 * The process itself: killed when it was to be, else with an error that says what the disk said.
 */
function checkRun(run: Run, { kind, errno }: Fault): string[] {
  if (run.output !== "") return [`it printed ${run.output}`];
  const isCut = kind === "kill" || kind === "cut" || kind === "cut-journal";
  if (isCut)
    return run.signal === "SIGKILL" ? [] : [`it was to be killed, and ended with ${run.result}`];
  if (run.result === undefined) return [`it did not end: ${run.signal}`];
  if (run.result === "done") return [];
  const code = run.result.split(" ")[1] ?? "";
  const allowed =
    kind === "short" ? [] : (DISK_CODES[errno ?? (kind === "readonly" ? "EROFS" : "EIO")] ?? []);
  return allowed.includes(code) ? [] : [`it ended with ${run.result}`];
}

/**
 * The disk as it is now, after recovery, and after the action was done again; the latter two only
 * once for disks that are the same to the last byte, as many faults leave the same.
 */
export async function checkRoot(trial: Trial, before: Before, isDone: boolean): Promise<string[]> {
  const { disk, ground } = trial;
  const action = ACTIONS[trial.action];
  const found = findViolations(disk.root, ground.scene, action, before, isDone);
  if (found.length > 0) return found;
  const seen = `${disk.kind} ${trial.action} ${fingerprint(disk.root)}`;
  if (ground.sound.has(seen)) return found;
  const current = readCurrent(disk.root);
  try {
    const root = await ground.library.openRoot(disk.root, { create: true });
    const state = root.state();
    await root.close();
    found.push(...checkState(trial, before, current ?? 0, state));
    found.push(...checkTidy(disk.root));
    found.push(
      ...findViolations(disk.root, ground.scene, action, before, false).map(
        (what) => `recovered: ${what}`,
      ),
    );
    if (!isAfter(trial, state))
      await ground.library.act(trial.action, disk.root, ground.scene.repository, () => {}, false);
    found.push(
      ...findViolations(disk.root, ground.scene, action, before, true).map(
        (what) => `done again: ${what}`,
      ),
    );
  } catch (error) {
    found.push(`it cannot go on: ${error instanceof Error ? error.message : error}`);
  }
  if (found.length === 0) ground.sound.add(seen);
  return found;
}

type State = ReturnType<Awaited<ReturnType<Ground["library"]["openRoot"]>>["state"]>;

function checkState(trial: Trial, before: Before, found: number, state: State): string[] {
  const { standings } = ACTIONS[trial.action];
  const problems: string[] = [];
  if (!standings.some(({ current, isSick }) => current === state.current && !isSick))
    problems.push(`recovered to version ${state.current}`);
  if (state.current !== 0 && !state.confirmed)
    problems.push("recovered to a version that is not confirmed");
  if (state.highest < Math.max(before.highest, found))
    problems.push("recovered with a lower highest version");
  const failed = found > state.current ? found : before.held;
  if (failed !== undefined && state.held === undefined && state.current < failed)
    problems.push(`recovered, and forgot that version ${failed} was left`);
  return problems;
}

function checkTidy(root: string): string[] {
  return ["staging", "trash"]
    .filter((name) => existsSync(join(root, name)) && readdirSync(join(root, name)).length > 0)
    .map((name) => `recovered, and ${name} is not empty`);
}

function isAfter(trial: Trial, state: State): boolean {
  const { after, gone, damaged } = ACTIONS[trial.action];
  return (
    state.current === after.current &&
    state.held === after.held &&
    state.confirmed &&
    damaged === undefined &&
    !gone?.some((version) => state.versions.includes(version))
  );
}
