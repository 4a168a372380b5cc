/** Where unpacked archives go: a temporary file that has no name any more by the time it is used, so that no crash leaves it. */
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chunksOf, InfieldError, type SpooledSource } from "@infield/shared";
import { errorCode, handleSource } from "./file-source.ts";

/** A `Spool` for `openArchive`. Throws `no-space`, `io-failed`, and the stream's own errors. */
export async function spoolToTempFile(
  stream: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): Promise<SpooledSource> {
  const handle = await openNameless();
  try {
    for await (const chunk of chunksOf(stream)) {
      signal?.throwIfAborted();
      await writeAll(handle, chunk);
    }
    return await handleSource(handle, "the unpacked archive");
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openNameless(): Promise<FileHandle> {
  try {
    const folder = await mkdtemp(join(tmpdir(), "infield-"));
    try {
      return await open(join(folder, "unpacked"), "wx+", 0o600);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    throw spoolError(error);
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done).catch((error: unknown) => {
      throw spoolError(error);
    });
    done += bytesWritten;
  }
}

function spoolError(cause: unknown): InfieldError {
  const full = ["ENOSPC", "EDQUOT", "EFBIG"].includes(errorCode(cause) ?? "");
  return new InfieldError(
    full ? "no-space" : "io-failed",
    full
      ? "the disk of the temporary folder has no room for the unpacked archive"
      : `the temporary folder cannot be written (${errorCode(cause) ?? "unknown"})`,
    "free some space, or set TMPDIR to a folder on another disk",
    cause,
  );
}
