/** Files of this machine as byte sources. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { constants as systemConstants } from "node:os";
import { setImmediate } from "node:timers/promises";
import { InfieldError } from "@infield/shared/base";
import { type ByteSource, checkRange, type SpooledSource } from "@infield/shared/tree";

/** The bytes of an open file; closing the source closes it. `name` is for messages. */
export async function handleSource(handle: FileHandle, name: string): Promise<SpooledSource> {
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length) {
      checkRange(size, offset, length);
      const bytes = new Uint8Array(length);
      await readExactly(handle, offset, bytes, name);
      return bytes;
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
  return new PathSource(path, seen);
}

/** Of `Stats` only what is compared: a tree has hundreds of thousands of these. */
type Seen = Pick<Stats, "size" | "ino" | "mtimeMs">;

class PathSource implements ByteSource, Seen {
  readonly size: number;
  readonly ino: number;
  readonly mtimeMs: number;
  readonly #path: string;

  constructor(path: string, { size, ino, mtimeMs }: Seen) {
    this.#path = path;
    this.size = size;
    this.ino = ino;
    this.mtimeMs = mtimeMs;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this.size, offset, length);
    const bytes = new Uint8Array(length);
    await this.readInto(offset, bytes);
    return bytes;
  }

  async readInto(offset: number, into: Uint8Array): Promise<void> {
    checkRange(this.size, offset, into.length);
    if (into.length <= SMALL_BYTES) {
      await giveWay();
      return readNow(this.#path, this, offset, into);
    }
    const handle = await openUnfollowed(this.#path);
    try {
      if (!isSameFile(await handle.stat(), this))
        throw unreadableFile(this.#path, "changed while it was being read");
      await readExactly(handle, offset, into, this.#path);
    } finally {
      await handle.close();
    }
  }
}

/**
 * Bytes that are read at once: the promises of four calls take ten times
 * as long as the calls, and of 50,000 small files leave hundreds of megabytes of garbage.
 */
const SMALL_BYTES = 64 * 1024;
/** Milliseconds after which others get their turn: a signal, a connection, a progress line. */
const TURN_MS = 20;
let turnBegan = 0;

async function giveWay(): Promise<void> {
  if (performance.now() - turnBegan < TURN_MS) return;
  await setImmediate();
  turnBegan = performance.now();
}

function readNow(path: string, seen: Seen, offset: number, into: Uint8Array): void {
  let fd: number;
  try {
    fd = openSync(path, OPEN_FLAGS);
  } catch (error) {
    throw unreadableFile(path, error);
  }
  try {
    if (!isSameFile(fstatSync(fd), seen))
      throw unreadableFile(path, "changed while it was being read");
    for (let done = 0; done < into.length; ) {
      const read = readSync(fd, into, done, into.length - done, offset + done);
      if (read === 0) throw unreadableFile(path, "became shorter while it was being read");
      done += read;
    }
  } catch (error) {
    throw error instanceof InfieldError ? error : unreadableFile(path, error);
  } finally {
    closeSync(fd);
  }
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
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function openUnfollowed(path: string): Promise<FileHandle> {
  try {
    return await open(path, OPEN_FLAGS);
  } catch (error) {
    throw unreadableFile(path, error);
  }
}

function isSameFile(now: Stats, seen: Seen): boolean {
  return (
    now.isFile() && now.ino === seen.ino && now.size === seen.size && now.mtimeMs === seen.mtimeMs
  );
}

async function readExactly(
  handle: FileHandle,
  offset: number,
  into: Uint8Array,
  name: string,
): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle
      .read(into, done, into.length - done, offset + done)
      .catch((error: unknown) => {
        throw unreadableFile(name, error);
      });
    if (bytesRead === 0) throw unreadableFile(name, "became shorter while it was being read");
    done += bytesRead;
  }
}
