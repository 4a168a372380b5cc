/** Files named on the command line that are read as they are: deltas, keys, notes. */
import { stat } from "node:fs/promises";
import { InfieldError } from "@infield/shared";
import { errorCode, unreadableFile } from "../tree/file-source.ts";

/** Throws `unreadable-file` for what is not there, and for a folder, device or FIFO, which would not end. */
export async function checkInputFile(path: string): Promise<void> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw errorCode(cause) === "ENOENT" ? noFile(path, "does not exist") : unreadableFile(path, cause);
  });
  if (!stats.isFile()) throw noFile(path, "is no file");
}

function noFile(path: string, reason: string): InfieldError {
  return new InfieldError("unreadable-file", `${JSON.stringify(path)} ${reason}`, "check the spelling");
}
