/**
 * Temporary files that have no name any more by the time they are used, so that no crash leaves
 * one.
 */
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { errorCode } from "./file-source.ts";

/** Throws `no-space`, `io-failed`. */
export async function openTempFile(): Promise<FileHandle> {
  try {
    const folder = await mkdtemp(join(tmpdir(), "infield-"));
    try {
      return await open(join(folder, "nameless"), "wx+", 0o600);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    throw tempError(error);
  }
}

/** Writes all of `bytes` from `offset`. Throws `no-space`, `io-failed`. */
export async function writeAt(
  handle: FileHandle,
  bytes: Uint8Array,
  offset: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle
      .write(bytes, done, bytes.length - done, offset + done)
      .catch((error: unknown) => {
        throw tempError(error);
      });
    done += bytesWritten;
  }
}

function tempError(cause: unknown): InfieldError {
  const full = ["ENOSPC", "EDQUOT", "EFBIG"].includes(errorCode(cause) ?? "");
  return new InfieldError(
    full ? "no-space" : "io-failed",
    full
      ? "the disk of the temporary folder is full"
      : `the temporary folder cannot be written (${errorCode(cause) ?? "unknown"})`,
    "free some space, or set TMPDIR to a folder on another disk",
    cause,
  );
}
