/**
 * From one version to another, and back. The order is the point: the trial is on the disk before
 * `current` changes, and a try is taken from it before the health check runs, so that a check which
 * brings the machine down cannot do so for ever.
 */
import { rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import type { ReleaseRecord } from "@infield/shared/records";
import { debug } from "../../host/debug.ts";
import { syncPath } from "../../host/durable.ts";
import { toIoError } from "../../host/io-error.ts";
import { withBallast } from "./ballast.ts";
import { type BootingRoot, hasFailedToBoot, isBooting, orderBoots } from "./boot-trial.ts";
import { runHealthCheck, runOwnCheck } from "./health.ts";
import { currentTarget, type Layout, layoutOf, snapshotOf } from "./layout.ts";
import type { Root, WritableRoot } from "./root.ts";

const log = debug("store");

/**
 * Health checks begun before a version is given up: the second is for a power cut or a failed read
 * that had nothing to do with it.
 */
const TRIES = 2;

/**
 * Switches to an installed version and concludes its trial. Throws `health-failed`; then the
 * version from before is in use again, and this one is held. Throws `io-failed` with the new
 * version in use and on trial, for `endTrial` to conclude. Where the laptop boots from this root,
 * the trial stays open until `confirmBoot`; throws `boot-loader-failed` with nothing switched.
 */
export async function switchTo(
  root: WritableRoot,
  version: number,
  health: ReleaseRecord["health"],
): Promise<void> {
  const highest = Math.max(root.record.highest, version);
  // It may have passed once, before somebody went back from it: what counts is the check that
  // follows.
  const confirmed = root.record.confirmed.filter((other) => other !== version);
  // Prevents: after a crash a version is in use that nobody knows to be unproven.
  const trial = { version, triesLeft: TRIES, health, ownCheck: root.ownCheck };
  await root.save({ ...root.record, highest, confirmed, trial });
  const { current } = root.state();
  log("switching from version %d to %d, on trial", current, version);
  await swapCurrent(layoutOf(root.path), version);
  await root.reload();
  if (!isBooting(root)) return concludeTrial(root);
  await orderBoots(root).catch(async (error: unknown) => {
    await swapCurrent(layoutOf(root.path), current);
    await root.save({ ...root.record, trial: undefined });
    throw error;
  });
}

/**
 * The version this machine was booted with has come up, and works unless its health check says
 * otherwise: a trial of it ends. Resolves to it. Throws `health-failed`; then the version from
 * before is booted next, and this one is held. Throws `not-booted`, `boot-loader-failed`.
 */
export async function confirmBoot(root: WritableRoot): Promise<number> {
  if (!isBooting(root)) throw notBooted(root);
  const { booted } = root.bootLoader;
  if (root.record.trial?.version === booted) await concludeTrial(root);
  await root.bootLoader.complete(booted);
  return booted;
}

/**
 * Ends a trial that a power cut or a failing disk left open, if there is one. A version that fails
 * its check now is taken back, which is no error: the state says so.
 */
export async function endTrial(root: WritableRoot): Promise<void> {
  // A switch whose last fsync failed has happened all the same, though whoever asked for it was
  // told that it had not.
  await root.reload();
  const { trial } = root.record;
  // It ended before the switch: the old version is in use, and the new one waits complete in
  // versions/.
  if (trial !== undefined && trial.version !== root.state().current)
    await root.save({ ...root.record, trial: undefined });
  if (isBooting(root)) return followBoot(root);
  if (root.record.trial === undefined) return;
  await concludeTrial(root).catch((error: unknown) => {
    if (!(error instanceof InfieldError && error.code === "health-failed")) throw error;
  });
}

/**
 * What this boot says: a version that used up its tries is left, on trial or not, and the loader
 * knows what `current` leads to. A trial that the loader has not tried, or not often enough, waits
 * for the next boot.
 */
async function followBoot(root: BootingRoot): Promise<void> {
  while (await hasFailedToBoot(root)) {
    const { trial } = root.record;
    if (trial === undefined) await leaveConfirmed(root);
    else await leaveTrial(root, trial.version);
  }
  await orderBoots(root);
}

/**
 * Runs the health check of the version on trial, if it has a try left; confirms it, or goes back
 * and throws `health-failed`. Throws `io-failed` when it could not be run; then the trial stays
 * open, for `endTrial`.
 */
async function concludeTrial(root: WritableRoot): Promise<void> {
  const { trial } = root.record;
  if (trial === undefined) return;
  if (trial.triesLeft === 0)
    return takeBack(root, trial.version, "it was begun twice and came to no end");
  // Prevents: a health check that crashes the machine from being run again at every start.
  await root.save({ ...root.record, trial: { ...trial, triesLeft: trial.triesLeft - 1 } });
  log("the health check of version %d begins, %d tries left", trial.version, trial.triesLeft - 1);
  const problem = await findFault(root, trial);
  if (problem !== undefined) return takeBack(root, trial.version, problem);
  await confirm(root, trial.version);
}

/**
 * What is wrong with the version on trial, as the end of a sentence: first the release's own check,
 * then the laptop's.
 */
async function findFault(
  root: Root,
  trial: NonNullable<Root["record"]["trial"]>,
): Promise<string | undefined> {
  const { version, health, ownCheck } = trial;
  const { tree } = snapshotOf(layoutOf(root.path), version);
  const fault = health && (await runHealthCheck(tree, health));
  if (fault !== undefined || ownCheck === undefined) return fault;
  const environment = switchEnvironment(root, root.state().previous ?? 0, version);
  const ownFault = await runOwnCheck(tree, ownCheck, environment);
  return ownFault === undefined
    ? undefined
    : `this laptop's own check (--health) says no: ${ownFault}`;
}

/** What a laptop's own commands are told of a switch. */
export function switchEnvironment(
  root: Pick<Root, "path">,
  from: number,
  to: number,
): Record<string, string> {
  return {
    INFIELD_ROOT: root.path,
    INFIELD_TREE: snapshotOf(layoutOf(root.path), to).tree,
    INFIELD_OLD_VERSION: String(from),
    INFIELD_NEW_VERSION: String(to),
  };
}

/** What came up once and does so no more is not a version to go back to any more. */
async function leaveConfirmed(root: BootingRoot): Promise<void> {
  const { current } = root.state();
  await goBack(root, root.bootLoader.booted);
  const confirmed = root.record.confirmed.filter((version) => version !== current);
  await root.save({ ...root.record, confirmed });
}

/** Goes back to `version`, and holds the one in use: it and older ones are not taken again. */
export async function goBack(root: WritableRoot, version: number): Promise<void> {
  // Prevents: a laptop that a crash sets back without the hold, and that takes the same release
  // again at once.
  const held = Math.max(root.record.held ?? 0, root.state().current);
  log("going back from version %d to %d", root.state().current, version);
  await root.save({ ...root.record, held });
  await swapCurrent(layoutOf(root.path), version);
  await root.reload();
  if (isBooting(root)) await orderBoots(root);
}

/**
 * Points `current` at a version (0: removes it): programs see the old or the new one, at every
 * moment.
 */
export async function swapCurrent(layout: Layout, version: number): Promise<void> {
  await withBallast(layout.root, () =>
    replaceCurrent(layout, version).catch((error: unknown) => {
      throw toIoError(error, `switch ${JSON.stringify(layout.current)}`);
    }),
  );
}

async function replaceCurrent(layout: Layout, version: number): Promise<void> {
  const link = join(layout.root, ".current.new");
  await rm(link, { force: true });
  if (version === 0) {
    await rm(layout.current, { force: true });
  } else {
    await symlink(currentTarget(version), link);
    await rename(link, layout.current);
  }
  // Prevents: what is written next (confirmed, held) reaching the disk before the switch it speaks
  // of.
  await syncPath(layout.root);
}

async function confirm(root: WritableRoot, version: number): Promise<void> {
  const confirmed = [...new Set([...root.record.confirmed, version])].sort((a, b) => a - b);
  await root.save({ ...root.record, confirmed, trial: undefined, held: undefined });
  log("version %d is confirmed", version);
}

/** Back to the version before the trial, which holds. */
async function leaveTrial(root: WritableRoot, version: number): Promise<void> {
  log("version %d is taken back", version);
  // No try is left from here on: a crash in the middle ends up here again, and not in another
  // health check.
  await root.save({ ...root.record, trial: { version, triesLeft: 0 }, held: version });
  await swapCurrent(layoutOf(root.path), root.state().previous ?? root.bootLoader?.booted ?? 0);
  await root.save({ ...root.record, trial: undefined });
  if (isBooting(root)) await orderBoots(root);
}

async function takeBack(root: WritableRoot, version: number, problem: string): Promise<never> {
  await leaveTrial(root, version);
  throw new InfieldError(
    "health-failed",
    `version ${version} failed its health check and was taken back: ${problem}`,
    "tell the volunteer what it says; the version from before is in use",
  );
}

function notBooted(root: Pick<Root, "path">): InfieldError {
  return new InfieldError(
    "not-booted",
    `this machine was not booted from ${JSON.stringify(root.path)}`,
    "nothing to confirm: a version that is not booted is confirmed by its health check",
  );
}
