/**
 * What a laptop does while something goes wrong, and how it stands before and after. A phase under
 * test is a row of ACTIONS. This file and all of the store that it uses are bundled once for the
 * processes under test (bundle.ts).
 */
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { prune } from "@infield/agent/src/store/prune/prune.ts";
import { repairFrom } from "@infield/agent/src/store/repair/doctor.ts";
import { layoutOf, snapshotOf } from "@infield/agent/src/store/root/layout.ts";
import { openRoot } from "@infield/agent/src/store/root/open-root.ts";
import { folderRepository } from "@infield/agent/src/store/root/repository.ts";
import type { WritableRoot } from "@infield/agent/src/store/root/root.ts";
import type { StoreState } from "@infield/agent/src/store/root/state.ts";
import { readSnapshotManifest } from "@infield/agent/src/store/snapshot/snapshot-manifest.ts";
import { copyBlob } from "@infield/agent/src/store/write/incoming.ts";
import { findDifferences } from "@infield/agent/src/tree/differences.ts";
import { resume, rollBack, updateTo } from "@infield/agent/src/update/update.ts";
import { InfieldError } from "@infield/shared/base";
import { blobPath, readChannel, readRelease } from "@infield/shared/records";

export { openRoot } from "@infield/agent/src/store/root/open-root.ts";
export { makeScene } from "./scene.ts";

/** A version in use, and which versions must be there while it is. */
export interface Standing {
  readonly current: number;
  readonly needs: readonly number[];
  /** Only until Infield runs again: it fails its health check. */
  readonly isSick?: boolean;
}

/** A version that is damaged when the action begins, at these paths and at no others. */
interface Damaged {
  readonly version: number;
  readonly paths: readonly string[];
}

export interface Action {
  /** Brings a new root to where the action begins. */
  readonly before: readonly Step[];
  readonly steps: readonly Step[];
  /** Whatever happens, programs find one of these, whole. */
  readonly standings: readonly Standing[];
  readonly damaged?: Damaged;
  /** Versions that are there before, and not when it is done. */
  readonly gone?: readonly number[];
  /**
   * What state() says of a root on which nothing went wrong, without `versions`: more of them may
   * be left over.
   */
  readonly after: Omit<StoreState, "versions">;
}

type Step = (
  root: WritableRoot,
  repository: string,
  onPhase: (phase: string) => void,
) => Promise<void>;

const to =
  (version: number): Step =>
  (root, repository, onPhase) =>
    update(root, repository, version, onPhase);
/** All of an update but the switch: the version lies built in versions/. */
const built =
  (version: number): Step =>
  (root, repository) =>
    until("switch", (onPhase) => update(root, repository, version, onPhase));
const back: Step = async (root, _, onPhase) => {
  onPhase("rollback");
  await rollBack(root);
};

/**
 * A child with root was here: bytes, a file and a mode of version 2 are not as they were, and
 * something was added.
 */
const hurt: Step = async ({ path }) => {
  const { tree } = snapshotOf(layoutOf(path), 2);
  await writeFile(join(tree, "lib/changes"), "changed in place");
  await rm(join(tree, "bin/check"));
  await chmod(join(tree, "lib"), 0o700);
  await writeFile(join(tree, "extra"), "");
};

const NOTHING: Standing = { current: 0, needs: [] };
const ONE: Standing = { current: 1, needs: [1] };
const TWO: Standing = { current: 2, needs: [1, 2] };
const THREE: Standing = { current: 3, needs: [2, 3] };
const SICK: Standing = { current: 4, needs: [2, 4], isSick: true };

export type ActionName = "install" | "update" | "fail" | "rollback" | "prune" | "repair";
export const ACTIONS: Readonly<Record<ActionName, Action>> = {
  /** Into a folder that is not there. */
  install: {
    before: [],
    steps: [to(1)],
    standings: [NOTHING, ONE],
    after: { current: 1, confirmed: true, highest: 1 },
  },
  /** Receives, builds, switches, confirms, and takes away version 1. */
  update: {
    before: [to(1), to(2)],
    steps: [to(3)],
    standings: [TWO, THREE],
    after: { current: 3, previous: 2, confirmed: true, highest: 3 },
  },
  /**
   * To a release that is built already and fails its health check: it is taken back and remembered.
   */
  fail: {
    before: [to(1), to(2), built(4)],
    steps: [to(4)],
    standings: [TWO, SICK],
    after: { current: 2, previous: 1, confirmed: true, highest: 4, held: 4 },
  },
  rollback: {
    before: [to(1), to(2)],
    steps: [back],
    standings: [TWO, { ...ONE, needs: [1, 2] }],
    after: { current: 1, confirmed: true, highest: 2, held: 2 },
  },
  /** Of a version that was built and never switched to. */
  prune: {
    before: [to(1), to(2), built(3)],
    steps: [
      async (root, _, onPhase) => {
        onPhase("prune");
        await prune(root, 0);
      },
    ],
    standings: [TWO],
    gone: [3],
    after: { current: 2, previous: 1, confirmed: true, highest: 2 },
  },
  /** Of the version in use, from deltas. */
  repair: {
    before: [to(1), to(2), hurt],
    steps: [
      async (root, repository, onPhase) => {
        onPhase("repair");
        await repairFrom(root, repository, {});
      },
    ],
    standings: [TWO],
    damaged: { version: 2, paths: ["lib/changes", "bin/check", "lib"] },
    after: { current: 2, previous: 1, confirmed: true, highest: 2 },
  },
};

/**
 * What fails because the root already is where the action leads, or the release did what was
 * expected of it.
 */
const EXPECTED = new Set([
  "health-failed",
  "release-held",
  "nothing-to-roll-back",
  "release-too-old",
]);

/** Brings a new root to where the action begins. Throws what the store throws. */
export async function prepare(name: ActionName, root: string, repository: string): Promise<void> {
  const { before } = ACTIONS[name];
  if (before.length > 0) await runSteps(before, root, repository, () => {}, false);
}

/**
 * Does the action, as a process of an agent would; `onPhase` hears what begins. With `again`, as an
 * agent goes on: what failed is tried once more without opening the root anew. Throws what the
 * store throws.
 */
export async function act(
  name: ActionName,
  root: string,
  repository: string,
  onPhase: (phase: string) => void,
  again: boolean,
): Promise<void> {
  await runSteps(ACTIONS[name].steps, root, repository, onPhase, again);
}

/** Does the action until a phase begins, and ends it there. */
export async function actUntil(
  name: ActionName,
  root: string,
  repository: string,
  phase: string,
): Promise<void> {
  await until(phase, (onPhase) => act(name, root, repository, onPhase, false));
}

async function until(
  phase: string,
  run: (onPhase: (phase: string) => void) => Promise<void>,
): Promise<void> {
  const reached = new Error(`reached ${phase}`);
  const stop = (next: string) => {
    if (next === phase) throw reached;
  };
  await run(stop).catch((error: unknown) => {
    if (error !== reached) throw error;
  });
}

/** Paths of a version's tree that differ from its manifest, as `infield verify` names them. */
export async function findDamage(root: string, version: number): Promise<string[]> {
  const snapshot = snapshotOf(layoutOf(root), version);
  const differences = await findDifferences(snapshot.tree, await readSnapshotManifest(snapshot));
  return differences.map(({ path }) => path);
}

async function runSteps(
  steps: readonly Step[],
  path: string,
  repository: string,
  onPhase: (phase: string) => void,
  again: boolean,
): Promise<void> {
  onPhase("open");
  const open = () => openRoot(path, { create: true });
  const root = await open().catch((error: unknown) => {
    if (again) return open();
    throw error;
  });
  try {
    for (const step of steps) {
      const run = () => expected(root.change((writable) => step(writable, repository, onPhase)));
      await run().catch((error: unknown) => {
        if (again) return run();
        throw error;
      });
    }
  } finally {
    await root.close();
  }
}

async function expected(step: Promise<void>): Promise<void> {
  await step.catch((error: unknown) => {
    if (!(error instanceof InfieldError && EXPECTED.has(error.code))) throw error;
  });
}

async function update(
  root: WritableRoot,
  repository: string,
  target: number,
  onPhase: (phase: string) => void,
): Promise<void> {
  const source = folderRepository(repository);
  const { chain, channel } = await readChannel(source);
  if (root.identity.channel === undefined) {
    await root.identity.pinChannel(channel.id);
    await root.repository.writeChain(chain);
  }
  // Two power cuts in its health check take a version back and hold it (docs/store.md); a person
  // who wants it lets it.
  if (root.state().held === target) await resume(root);
  await updateTo(root, channel, [await readRelease(source, channel, target)], target, {
    async fetchBlob(blob, onProgress) {
      const bytes = await source.open(blobPath(blob.root));
      if (bytes !== undefined) await copyBlob(root, blob, bytes, onProgress);
    },
    onStep: ({ state }) => onPhase(PHASES[state]),
  });
}

const PHASES = { fetching: "receive", building: "build", checking: "switch" };
