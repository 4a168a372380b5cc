/** Files named on the command line that are read as they are: deltas, keys, notes. */
import { stat } from "node:fs/promises";
import { InfieldError } from "@infield/shared/base";
import { errorCode, unreadableFile } from "../../host/file-source.ts";

/** FILE of the delta commands: what is easily mistaken for it is the tree that goes before it. */
export async function checkDeltaFile(path: string, hint: string): Promise<void> {
  if (!(await isFolder(path))) return checkInputFile(path);
  throw new InfieldError(
    "unreadable-file",
    `${JSON.stringify(path)} is a folder, not a delta`,
    hint,
  );
}

/** Throws `usage`: a command line that names a file where only a folder can be. */
export async function checkNoFile(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return;
  throw new InfieldError("usage", `${JSON.stringify(path)} is a file`, "give a folder");
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/**
 * Throws `unreadable-file` for what is not there, and for a folder, device or FIFO, which would not
 * end.
 */
export async function checkInputFile(path: string): Promise<void> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw errorCode(cause) === "ENOENT"
      ? noFile(path, "does not exist")
      : unreadableFile(path, cause);
  });
  if (!stats.isFile()) throw noFile(path, "is no file");
}

function noFile(path: string, reason: string): InfieldError {
  return new InfieldError(
    "unreadable-file",
    `${JSON.stringify(path)} ${reason}`,
    "check the spelling",
  );
}
