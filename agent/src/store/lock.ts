/**
 * One process per root. The lock is a listening unix socket: the kernel closes it with the process, so kill -9 frees it, and
 * no file has to be judged stale. On Linux its name is abstract (unix(7)) and leaves nothing on the disk; elsewhere it is a
 * socket file, which is free when nobody answers on it.
 */
import { createHash } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { InfieldError } from "@infield/shared";
import { errorCode } from "../tree/file-source.ts";
import { toIoError } from "./io-error.ts";

/** Gives the lock back. */
type Unlock = () => Promise<void>;

/** Throws `root-busy` when another process, or this one, holds it. `folder` must exist. */
export async function lockRoot(folder: string): Promise<Unlock> {
  const address = await lockAddress(folder);
  try {
    return await listen(address);
  } catch (error) {
    if (errorCode(error) !== "EADDRINUSE") throw toIoError(error, `lock ${JSON.stringify(folder)}`);
    if (address.startsWith("\0") || (await answers(address))) throw rootBusy(folder);
    // The socket file of a process that was killed.
    await rm(address, { force: true });
    return listen(address);
  }
}

/** True while a process works on the root. `folder` must exist. */
export async function isLocked(folder: string): Promise<boolean> {
  return answers(await lockAddress(folder));
}

/** By device and inode, so that two paths to one folder are one lock. Abstract names are per network namespace. */
async function lockAddress(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder);
  if (process.platform !== "linux") return join(folder, "lock");
  const name = createHash("sha256").update(`${dev} ${ino}`).digest("hex");
  return `\0infield-root-${name}`;
}

function listen(address: string): Promise<Unlock> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      // A lock alone must not keep a process alive.
      server.unref();
      resolve(() => closeServer(server));
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function rootBusy(folder: string): InfieldError {
  return new InfieldError(
    "root-busy",
    `another Infield process works on ${JSON.stringify(folder)}`,
    "wait until it is done, or stop its agent",
  );
}
