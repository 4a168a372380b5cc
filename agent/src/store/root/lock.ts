/**
 * One process per root. The lock is a listening unix socket in the root itself: the kernel ends it
 * with its process, so kill -9 and a power cut free it, and whether somebody holds it is asked by
 * connecting, not judged from what lies there. Being a file, it is the same for every container
 * that sees the root, and nobody else's to take, as only the root's owner may make files in it.
 * (Abstract names can be taken by any user of the machine, and end at a network namespace; a file
 * with a process id says nothing across process namespaces; and Node has no flock.)
 *
 * Whoever wants the lock first shows a live socket of its own, under a name of its own, and then
 * looks for others: of two that come together, the later one to show itself sees the other. What
 * does not answer is dead and removed; nobody ever removes a name that another process may be about
 * to take, which is where locks with one name and a test for staleness go wrong.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InfieldError } from "@infield/shared/base";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { withBallast } from "./ballast.ts";

/** Gives the lock back. */
type Unlock = () => Promise<void>;

/** Sockets that hold or want the lock, and those that do not listen yet. */
const LOCK_NAME = /^lock\.[0-9a-f]{16}$/;
export const LOCK_NAMES = /^\.?lock\.[0-9a-f]{16}(?:\.new)?$/;
/** Two that come together both step back; after so many tries it is somebody who stays. */
const TRIES = 5;
/** Milliseconds to step back for, drawn anew each time: longer than a look takes. */
const STEP_BACK_MS = { least: 10, most: 80 };

/**
 * Throws `root-busy` when another process, or this one, holds it, `no-space`, `io-failed`. `folder`
 * must exist.
 */
export async function lockRoot(folder: string): Promise<Unlock> {
  try {
    for (let tries = 1; tries <= TRIES; tries++) {
      const shown = await withBallast(folder, () => show(folder));
      if (shown && !(await hasOthers(folder, shown.name))) return shown.unlock;
      await shown?.unlock();
      const { least, most } = STEP_BACK_MS;
      if (tries < TRIES) await sleep(least + Math.random() * (most - least));
    }
  } catch (error) {
    throw toIoError(error, `lock ${JSON.stringify(folder)}`);
  }
  throw rootBusy(folder);
}

/** True while a process works on the root. `folder` must exist. */
export async function isLocked(folder: string): Promise<boolean> {
  return inside(folder, async (base) => {
    for (const name of await readdir(folder)) {
      if (LOCK_NAME.test(name) && (await answers(`${base}/${name}`))) return true;
    }
    return false;
  });
}

/**
 * Listens under a hidden name first: a socket that is bound and does not listen yet would look like
 * a dead one. Undefined when a process that holds the lock has tidied the hidden name away.
 */
async function show(folder: string): Promise<{ name: string; unlock: Unlock } | undefined> {
  const name = `lock.${randomBytes(8).toString("hex")}`;
  const hidden = join(folder, `.${name}.new`);
  let server: Server | undefined;
  try {
    server = await inside(folder, (base) => listen(`${base}/.${name}.new`));
    await rename(hidden, join(folder, name));
  } catch (error) {
    await rm(hidden, { force: true }).catch(() => {});
    if (server) await closeServer(server);
    if (server && errorCode(error) === "ENOENT") return undefined;
    throw toIoError(error, `lock ${JSON.stringify(folder)}`);
  }
  const listening = server;
  const unlock = async () => {
    // A socket that cannot be removed is dead from here on all the same, and its disk has said so
    // where it mattered.
    await rm(join(folder, name), { force: true }).catch(() => {});
    await closeServer(listening);
  };
  return { name, unlock };
}

/** True when a socket besides `own` answers; those that do not are removed. */
async function hasOthers(folder: string, own: string): Promise<boolean> {
  return inside(folder, async (base) => {
    let found = false;
    for (const name of await readdir(folder)) {
      if (!LOCK_NAME.test(name) || name === own) continue;
      if (await answers(`${base}/${name}`)) found = true;
      else await rm(join(folder, name), { force: true });
    }
    return found;
  });
}

/**
 * A socket's path has 107 bytes at the most (unix(7)), a root's may have more: on Linux the open
 * folder stands for it.
 */
async function inside<T>(folder: string, run: (base: string) => Promise<T>): Promise<T> {
  if (process.platform !== "linux") return run(folder);
  const handle: FileHandle = await open(folder, "r");
  try {
    return await run(`/proc/self/fd/${handle.fd}`);
  } finally {
    await handle.close();
  }
}

function listen(address: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      // A lock alone must not keep a process alive.
      server.unref();
      resolve(server);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/**
 * Only a refusal says that nobody listens; whatever else keeps us from connecting, somebody may.
 */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) =>
      resolve(!["ECONNREFUSED", "ENOENT"].includes(errorCode(error) ?? "")),
    );
  });
}

function rootBusy(folder: string): InfieldError {
  return new InfieldError(
    "root-busy",
    `another Infield process works on ${JSON.stringify(folder)}`,
    "wait until it is done, or stop its agent",
  );
}
