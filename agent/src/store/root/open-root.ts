/**
 * Opening a root: one process at a time works on it, and whatever a crash left is put right before
 * it is handed out.
 */
import { readdir, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { createTurns } from "../../timing/turns.ts";
import { layBallast } from "./ballast.ts";
import { findBootLoader } from "./boot-loader.ts";
import {
  createIdentityRecord,
  type IdentityRecord,
  keepIdentity,
  readIdentity,
  writeIdentity,
} from "./identity.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { LOCK_NAMES, lockRoot } from "./lock.ts";
import { checkOwner } from "./owner.ts";
import { recover } from "./recover.ts";
import { folderRepository, makeFolder } from "./repository.ts";
import type { OpenRoot, Store, WritableRoot } from "./root.ts";
import {
  describeState,
  readCurrent,
  readStateRecord,
  readVersions,
  rebuildState,
  type StateRecord,
  type StoreState,
  writeStateRecord,
} from "./state.ts";

/**
 * What a crash, or another process that just begins, may leave of a root that has no identity yet.
 */
const isBeforeIdentity = (name: string) => name === ".identity.json.new" || LOCK_NAMES.test(name);

interface RootOptions {
  /** Make the root when the folder is missing or empty. */
  readonly create?: boolean;
  readonly system?: boolean;
  readonly ownCheck?: string | undefined;
}

/**
 * Takes the lock and recovers: drops staging and trash, repairs `current`, ends a trial that a
 * power cut interrupted (which may run its health check). Throws `not-a-root`, `wrong-user`,
 * `root-busy`, `needs-system`, `io-failed`.
 */
export async function openRoot(
  path: string,
  { create = false, system = false, ownCheck }: RootOptions = {},
): Promise<OpenRoot> {
  if (system && process.getuid?.() !== 0) throw notSystem();
  await checkFolder(layoutOf(resolve(path)), create);
  // A link to the root is not the root: nothing that is synced is reached through one.
  const layout = layoutOf(await realpath(path));
  const unlock = await lockRoot(layout.root);
  try {
    const root = await loadRoot(layout, { system, ownCheck }, unlock);
    await root.change(recover);
    await layBallast(root.path);
    return root;
  } catch (error) {
    await unlock();
    throw error;
  }
}

interface RootStatus {
  readonly laptopId: string;
  readonly token: string;
  readonly channel?: string | undefined;
  readonly state: StoreState;
  readonly record: StateRecord;
}

/**
 * What a root says of itself, without the lock: an agent may be working on it. Throws `not-a-root`.
 */
export async function readState(path: string): Promise<RootStatus> {
  const layout = layoutOf(resolve(path));
  const identity = await readIdentity(layout.identityFile);
  if (identity === undefined) throw notARoot(layout);
  const { laptopId, token, channel } = identity;
  const { record, current, versions } = await readInstalled(layout);
  return { laptopId, token, channel, record, state: describeState(record, current, versions) };
}

/** A root as it lies there, for whoever only reads. Throws `not-a-root`. */
export async function readStore(path: string): Promise<Store> {
  const { state, record } = await readState(path);
  const full = resolve(path);
  return {
    path: full,
    record,
    bootLoader: await findBootLoader(layoutOf(full)),
    repository: folderRepository(layoutOf(full).repository),
    state: () => state,
  };
}

async function loadRoot(
  layout: Layout,
  { system, ownCheck }: Required<Pick<RootOptions, "system" | "ownCheck">>,
  unlock: () => Promise<void>,
): Promise<OpenRoot> {
  const identity = keepIdentity(layout.identityFile, await loadIdentity(layout));
  let installed = await readInstalled(layout);
  const reload = async () => {
    installed = await readInstalled(layout);
  };
  const inTurn = createTurns();
  const root: OpenRoot & WritableRoot = {
    path: layout.root,
    system,
    ownCheck,
    bootLoader: await findBootLoader(layout),
    identity,
    repository: folderRepository(layout.repository),
    incoming: new Map(),
    state: () => describeState(installed.record, installed.current, installed.versions),
    get record() {
      return installed.record;
    },
    async save(record) {
      await writeStateRecord(layout, record);
      await reload();
    },
    reload,
    change: (work, giveWay) => inTurn(() => work(root), giveWay),
    close: unlock,
  };
  return root;
}

interface Installed {
  readonly record: StateRecord;
  readonly current: number;
  readonly versions: readonly number[];
}

async function readInstalled(layout: Layout): Promise<Installed> {
  const [current, versions] = [await readCurrent(layout), await readVersions(layout)];
  const known = await readStateRecord(layout);
  if (known) return { record: known, current, versions };
  const releases = await folderRepository(layout.repository).versions();
  return { record: rebuildState(current, versions, releases), current, versions };
}

/**
 * A root is what has an identity; a new one may only be made where nothing is. Neither may be
 * somebody else's.
 */
async function checkFolder(layout: Layout, create: boolean): Promise<void> {
  await checkOwner(layout);
  if ((await readIdentity(layout.identityFile)) !== undefined) return;
  if (!create) throw notARoot(layout);
  await makeFolder(layout.root);
  const names = (await readdir(layout.root)).filter((name) => !isBeforeIdentity(name));
  if (names.length > 0) throw notARoot(layout);
}

async function loadIdentity(layout: Layout): Promise<IdentityRecord> {
  const known = await readIdentity(layout.identityFile);
  if (known !== undefined) return known;
  const created = createIdentityRecord();
  await writeIdentity(layout.identityFile, created);
  return created;
}

function notARoot(layout: Layout): InfieldError {
  return new InfieldError(
    "not-a-root",
    `${JSON.stringify(layout.root)} is not a folder that Infield made`,
    "name the folder given to `infield install --root`, or a new or empty one to install into",
  );
}

function notSystem(): InfieldError {
  return new InfieldError(
    "needs-system",
    "--system only works as root",
    "start it as root, or leave out --system",
  );
}
