/**
 * A laptop mends itself: what was found damaged is put right from whoever has it, and both are told
 * to the room.
 */
import { InfieldError } from "@infield/shared/base";
import { debug } from "../host/debug.ts";
import type { OnEvent } from "../laptop/events.ts";
import type { LaptopStatus } from "../laptop/status.ts";
import { mendVersion } from "../store/repair/doctor.ts";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { WritableRoot } from "../store/root/root.ts";
import type { ContentSource } from "../store/snapshot/content.ts";
import { describeDifferences } from "../tree/check-tree.ts";

export interface SelfRepair {
  readonly root: WritableRoot;
  readonly keeper: ChannelKeeper;
  readonly status: LaptopStatus;
  readonly onEvent: OnEvent;
}

const log = debug("repair");

/** Paths that one event names. */
const NAMED = 20;

/**
 * Mends an installed version and tells of what was wrong with it; true when it is sound now. Throws
 * `no-space`, `io-failed`, AbortError.
 */
export async function repairAndReport(
  { root, keeper, status, onEvent }: SelfRepair,
  version: number,
  others: readonly ContentSource[],
  signal: AbortSignal,
): Promise<boolean> {
  const { mended, left } = await mendVersion(root, keeper.current(), version, {
    others,
    removeExtra: false,
    signal,
  });
  log("version %d: %d paths mended, %d left", version, mended.length, left.length);
  if (mended.length === 0 && left.length === 0) return true;
  const paths = (differences: typeof mended) => differences.slice(0, NAMED).map(({ path }) => path);
  onEvent({ event: "repaired", version, mended: paths(mended), left: paths(left) });
  const problem = left.length > 0 ? stillDamaged(version, left) : wasDamaged(version, mended);
  onEvent({ event: "problem", code: problem.code, message: problem.message, hint: problem.hint });
  status.set({ state: "resting", problem });
  return left.length === 0;
}

function wasDamaged(
  version: number,
  mended: Parameters<typeof describeDifferences>[0],
): InfieldError {
  return new InfieldError(
    "snapshot-damaged",
    `files of version ${version} had been changed or lost on this laptop, ` +
      `and were put right: ${describeDifferences(mended)}`,
    "nothing to do, unless it happens again: then somebody changes them, or the disk is failing",
  );
}

function stillDamaged(
  version: number,
  left: Parameters<typeof describeDifferences>[0],
): InfieldError {
  return new InfieldError(
    "snapshot-damaged",
    `version ${version} is damaged on this laptop, ` +
      `and nobody around has what is missing: ${describeDifferences(left)}`,
    "bring it near a laptop that has this version, or use `infield doctor --repair --from REPO` on it",
  );
}
