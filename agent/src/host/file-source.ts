/** Files of this machine as byte sources. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { constants as systemConstants } from "node:os";
import { InfieldError } from "@infield/shared/base";
import { type ByteSource, checkRange, type SpooledSource } from "@infield/shared/tree";

/** The bytes of an open file; closing the source closes it. `name` is for messages. */
export async function handleSource(handle: FileHandle, name: string): Promise<SpooledSource> {
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length) {
      checkRange(size, offset, length);
      return readExactly(handle, offset, length, name);
    },
    close: () => handle.close(),
  };
}

/**
 * The bytes of a file that is opened anew for each read: a tree of 50,000 files must not hold
 * 50,000 descriptors. `seen` is what lstat said of it; once it is another file than that, its hash
 * would be worth nothing.
 */
export function pathSource(path: string, seen: Stats): ByteSource {
  return {
    size: seen.size,
    async read(offset, length) {
      checkRange(seen.size, offset, length);
      const handle = await openUnfollowed(path);
      try {
        const now = await handle.stat();
        if (!isSameFile(now, seen)) throw unreadableFile(path, "changed while it was being read");
        return await readExactly(handle, offset, length, path);
      } finally {
        await handle.close();
      }
    },
  };
}

/** `cause` is an error of node:fs, or the reason as the end of a sentence. */
export function unreadableFile(path: string, cause: unknown): InfieldError {
  const reason =
    typeof cause === "string" ? cause : `cannot be read (${errorCode(cause) ?? "unknown"})`;
  const hint =
    errorCode(cause) === "EACCES"
      ? "allow reading it, or run as its owner"
      : "check that nothing else writes to it";
  return new InfieldError("unreadable-file", `${JSON.stringify(path)} ${reason}`, hint, cause);
}

/** `ENOENT` and the like, of an error of node:fs. */
export function errorCode(error: unknown): string | undefined {
  // Node has no name for a quota that is used up ("Unknown system error -122"), as libuv has none.
  if (error instanceof Error && "errno" in error && error.errno === -systemConstants.errno.EDQUOT)
    return "EDQUOT";
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/**
 * O_NONBLOCK: what was a file at the time of lstat may be a FIFO now, and opening that would wait
 * for ever.
 */
async function openUnfollowed(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadableFile(path, error);
  }
}

function isSameFile(now: Stats, seen: Stats): boolean {
  return (
    now.isFile() && now.ino === seen.ino && now.size === seen.size && now.mtimeMs === seen.mtimeMs
  );
}

async function readExactly(
  handle: FileHandle,
  offset: number,
  length: number,
  name: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle
      .read(bytes, done, length - done, offset + done)
      .catch((error: unknown) => {
        throw unreadableFile(name, error);
      });
    if (bytesRead === 0) throw unreadableFile(name, "became shorter while it was being read");
    done += bytesRead;
  }
  return bytes;
}
