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
