/**
 * What is put right before a root is handed out. A power cut leaves one of few things: half of a
 * staging or trash folder, a `current` without its version (another tool's doing), a trial that
 * nobody concluded. Doing this twice does no harm, so a power cut in the middle of it does none
 * either.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { debug } from "../../host/debug.ts";
import { removeTree, syncPath } from "../../host/durable.ts";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { LOCK_NAMES } from "./lock.ts";
import type { WritableRoot } from "./root.ts";
import { bestConfirmed, readStateRecord } from "./state.ts";
import { endTrial, swapCurrent } from "./switch.ts";

const log = debug("store");

/**
 * Throws `io-failed`. A trial that fails its health check now is taken back, which is no error: the
 * state says so.
 */
export async function recover(root: WritableRoot): Promise<void> {
  const layout = layoutOf(root.path);
  await syncNames(layout);
  await removeTree(layout.staging);
  await removeTree(layout.trash);
  // Of an agent that was killed: whoever is at its port now must not be taken for the next one that
  // holds the lock.
  await removeTree(layout.agentFile);
  await removeHiddenLocks(layout);
  await repairCurrent(root);
  if ((await readStateRecord(layout)) === undefined) {
    log("state.json is missing or damaged, and is written from what is installed");
    await root.save(root.record);
  }
  if (root.record.trial !== undefined) log("a trial was left open: %O", root.record.trial);
  await endTrial(root);
}

/**
 * A process may have been killed between a rename and its fsync: what is seen here is not on the
 * disk for that.
 */
async function syncNames({ root, versions }: Layout): Promise<void> {
  try {
    // Prevents: going on from a switch, or from a version that came or went, which a crash then
    // takes back.
    await syncPath(root);
    await syncPath(versions);
  } catch (error) {
    // Nothing was ever installed.
    if (errorCode(error) !== "ENOENT") throw toIoError(error, `sync ${JSON.stringify(root)}`);
  }
}

/**
 * Of processes that were killed while they were about to ask for the lock. One that is not, begins
 * again.
 */
async function removeHiddenLocks({ root }: Layout): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(".") && LOCK_NAMES.test(name)) await rm(join(root, name), { force: true });
  }
}

/** `current` names a version that is there, unless nothing was ever confirmed. */
async function repairCurrent(root: WritableRoot): Promise<void> {
  const { current, versions } = root.state();
  if (current !== 0 && versions.includes(current)) return;
  const best = bestConfirmed(root.record, versions);
  if (best === current) return;
  log("current names version %d, which is not there; it is pointed at %d", current, best);
  await swapCurrent(layoutOf(root.path), best);
  await root.reload();
}
