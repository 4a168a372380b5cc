/** The sentences that every archive format shares. */
import { InfieldError } from "../../base/errors.ts";

/** `reason` is the end of a sentence that begins "the archive". */
export function damagedArchive(reason: string, cause?: unknown): InfieldError {
  return new InfieldError(
    "archive-damaged",
    `the archive ${reason}`,
    "copy or download the archive again",
    cause,
  );
}

/** `what` is a noun phrase: "a device node". */
export function unsupportedEntry(path: string, what: string): InfieldError {
  return new InfieldError(
    "unsupported-entry",
    `${JSON.stringify(path)} is ${what}; a tree holds directories, files and symbolic links`,
    "leave it out of the input",
  );
}
