/**
 * Everything the fault suites check, as a list: complete, every call of every action; short, a
 * sample that is the same every time. A check that needs what this machine does not allow is still
 * in the list, with the reason why it is skipped.
 */
import { ACTIONS, type ActionName } from "./scene/actions.ts";
import { ROTS, type Rot, sweepRot } from "./sweeps/damage.ts";
import { type Scarce, sweepFullness } from "./sweeps/full-disk.ts";
import { catchMistake, MISTAKES, type Mistake } from "./sweeps/planted.ts";
import { tryRedo } from "./sweeps/point.ts";
import { sweepCalls, sweepRecovery, type Tell } from "./sweeps/sweeps.ts";
import type { DiskKind } from "./victim/disks.ts";
import type { Lane } from "./victim/lane.ts";
import type { Fault } from "./victim/victim.ts";

export interface Check {
  readonly name: string;
  /** The filesystem it needs; "tmpfs" is one of limited size. */
  readonly needs: DiskKind | "tmpfs";
  /** A planted mistake: counted apart. */
  readonly isMistake?: boolean;
  /** Resolves to what was violated, a sentence each. */
  run(lane: Lane, tell: Tell): Promise<string[]>;
}
export type Form = "complete" | "short";

const KILL: Fault = { name: "kill -9", kind: "kill" };
const EVERY_ERROR = (["EIO", "ENOSPC", "EROFS"] as const).flatMap((errno): Fault[] => [
  { name: `${errno} once`, kind: "once", errno },
  { name: `${errno} for ever`, kind: "ever", errno },
]);
/** A full disk by another name, that Node does not know. */
const QUOTA: Fault = { name: "EDQUOT for ever", kind: "ever", errno: "EDQUOT" };
const HALF: Fault = { name: "half a write", kind: "short" };
const READ_ERROR: Fault = { name: "EIO of a read", kind: "once", errno: "EIO", calls: "reads" };
const LOST: Fault = { name: "fsync fails once, then lies", kind: "lost" };
const READ_ONLY: Fault = { name: "remounted read-only", kind: "readonly" };
const CUT: Fault = { name: "power cut, nothing flushed", kind: "cut" };
const CUT_JOURNAL: Fault = { name: "power cut, journal flushed", kind: "cut-journal" };
const CUT_IMAGE: Fault = { name: "power cut, copy of the image", kind: "cut" };

/**
 * ext4 and xfs can be shut down in two ways; btrfs cannot, and its image is copied the moment
 * after.
 */
const CUTS: readonly (readonly [DiskKind, Fault])[] = [
  ["ext4", CUT],
  ["ext4", CUT_JOURNAL],
  ["xfs", CUT],
  ["xfs", CUT_JOURNAL],
  ["btrfs", CUT_IMAGE],
];
/** What a killed process had not synced is not synced by the one that goes on. */
const REDO_CUTS = CUTS.filter(([, fault]) => fault !== CUT_JOURNAL);
const SHUT_DOWN: readonly DiskKind[] = ["ext4", "xfs"];
const NAMES = Object.keys(ACTIONS) as ActionName[];

/** How many points of a sweep; undefined is all of them. */
interface Sizes {
  readonly calls: number | undefined;
  readonly errors: number | undefined;
  readonly cuts: number | undefined;
  /** Of sweeps that meet what others have met. */
  readonly some: number;
  readonly recoveries: number;
  readonly rot: number;
  readonly full: number | undefined;
}
const SIZES: Readonly<Record<Form, Sizes>> = {
  complete: {
    calls: undefined,
    errors: undefined,
    cuts: undefined,
    some: 8,
    recoveries: 2,
    rot: 20,
    full: undefined,
  },
  short: { calls: 2, errors: 1, cuts: 1, some: 1, recoveries: 1, rot: 1, full: 2 },
};

export function listChecks(form: Form): Check[] {
  const sizes = SIZES[form];
  // What takes many points for each action, in the short form for the actions where most can go
  // wrong.
  const some = (short: ActionName): readonly ActionName[] => (form === "short" ? [short] : NAMES);
  return [
    ...NAMES.flatMap((action) => [
      calls("memory", action, KILL, sizes.calls),
      ...CUTS.map(([disk, fault]) => calls(disk, action, fault, sizes.cuts)),
    ]),
    ...some("fail").flatMap((action) => [
      recovery("memory", action, KILL, sizes.recoveries),
      ...CUTS.map(([disk, fault]) => recovery(disk, action, fault, sizes.recoveries)),
    ]),
    ...some("update").flatMap((action) => [
      ...REDO_CUTS.map(([disk, fault]) => redo(disk, action, fault, sizes.some)),
      ...SHUT_DOWN.map((disk) => calls(disk, action, LOST, sizes.errors)),
      ...SHUT_DOWN.map((disk) => calls(disk, action, READ_ONLY, sizes.some)),
      ...EVERY_ERROR.map((fault) => calls("memory", action, fault, sizes.errors)),
      calls("memory", action, QUOTA, sizes.some),
      calls("memory", action, READ_ERROR, sizes.some),
      // A prune only removes.
      ...(action === "prune" ? [] : [calls("memory", action, HALF, sizes.errors)]),
    ]),
    ...(["pages", "inodes"] as const).flatMap((scarce) =>
      (["install", "update"] as const).map((action) => full(action, scarce, sizes.full)),
    ),
    ...ROTS.map((rot) => rotten(rot, sizes.rot)),
    ...MISTAKES.map(planted),
  ];
}

function calls(
  disk: DiskKind,
  action: ActionName,
  fault: Fault,
  sample: number | undefined,
): Check {
  return {
    name: `${disk}: ${fault.name}, ${action}`,
    needs: disk,
    run: (lane, tell) => sweepCalls(lane, { disk, action, fault, ...(sample && { sample }) }, tell),
  };
}

function redo(disk: DiskKind, action: ActionName, fault: Fault, sample: number): Check {
  const told = { ...fault, name: `kill -9, done again, ${fault.name}` };
  return {
    name: `${disk}: ${told.name}, ${action}`,
    needs: disk,
    run: (lane, tell) => sweepCalls(lane, { disk, action, fault: told, sample }, tell, tryRedo),
  };
}

function recovery(disk: DiskKind, action: ActionName, fault: Fault, sample: number): Check {
  return {
    name: `${disk}: ${fault.name}, ${action}, and again while it recovers`,
    needs: disk,
    run: (lane, tell) => sweepRecovery(lane, { disk, action, fault, sample }, tell),
  };
}

function full(action: ActionName, scarce: Scarce, sample: number | undefined): Check {
  return {
    name: `tmpfs: ${action} with so many ${scarce} to spare`,
    needs: "tmpfs",
    run: (lane, tell) => sweepFullness(lane, action, scarce, sample, tell),
  };
}

function rotten(rot: Rot, points: number): Check {
  return {
    name: `memory: ${rot.name}`,
    needs: "memory",
    run: (lane, tell) => sweepRot(lane, "memory", rot, points, tell),
  };
}

function planted(mistake: Mistake): Check {
  return {
    name: `planted mistake: ${mistake.name}`,
    needs: mistake.sweep.disk,
    isMistake: true,
    run: (lane, tell) => catchMistake(lane, mistake, tell),
  };
}
