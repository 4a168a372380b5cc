/**
 * Outputs appear whole or not at all: written beside the target under another name, then renamed.
 * Nothing is overwritten.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, lstat, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";

/**
 * Asked before long work begins, so that nobody waits for an output that cannot be written. Throws
 * `already-exists`, `io-failed`.
 */
export async function checkOutput(path: string): Promise<void> {
  await checkAbsent(path);
  await access(dirname(resolve(path)), constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw errorCode(cause) === "ENOENT" ? missingFolder(path) : outputError(path, cause);
  });
}

/**
 * Writes a new file. Throws `already-exists`, `no-space`, `io-failed`, AbortError; then there is no
 * file.
 */
export async function writeNewFile(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: { readonly mode?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const unfinished = join(
    dirname(path),
    `.${basename(path)}.${randomBytes(4).toString("hex")}.unfinished`,
  );
  try {
    await writeChunks(unfinished, chunks, options.mode ?? 0o666, options.signal);
    await checkAbsent(path);
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw outputError(path, cause);
  }
}

async function writeChunks(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  mode: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      await handle.writeFile(chunk);
    }
    await handle.sync();
    signal?.throwIfAborted();
  } finally {
    await handle.close();
  }
}

async function checkAbsent(path: string): Promise<void> {
  const there = await lstat(path).catch((cause: unknown) => {
    if (errorCode(cause) === "ENOENT") return undefined;
    throw outputError(path, cause);
  });
  if (there === undefined) return;
  throw new InfieldError(
    "already-exists",
    `${JSON.stringify(path)} is there already`,
    "choose another name, or remove it first",
  );
}

function missingFolder(path: string): InfieldError {
  return new InfieldError(
    "io-failed",
    `the folder of ${JSON.stringify(path)} does not exist`,
    "make it first",
  );
}

function outputError(path: string, cause: unknown): unknown {
  return toIoError(cause, `write ${JSON.stringify(path)}`);
}
