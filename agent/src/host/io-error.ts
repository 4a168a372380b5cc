/**
 * What the filesystem says, as Infield's errors: a full disk has its own code, as a person can do
 * something about it.
 */
import { InfieldError, isAbort } from "@infield/shared/base";
import { errorCode } from "./file-source.ts";

/**
 * `doing` is the end of "could not …", with the path. Errors that already are Infield's, and
 * AbortError, stay what they are.
 */
export function toIoError(cause: unknown, doing: string): unknown {
  if (cause instanceof InfieldError || isAbort(cause)) return cause;
  const code = errorCode(cause);
  // Only what the system says (errno(3)): the codec's errors and defects must not look like a
  // broken disk.
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return cause;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new InfieldError(
      "no-space",
      `the disk became full: could not ${doing}`,
      "free some space and start again",
      cause,
    );
  }
  return new InfieldError(
    "io-failed",
    `could not ${doing} (${code})`,
    "check the permissions, the disk and how it is mounted",
    cause,
  );
}

/**
 * For a `catch`: what is missing or damaged counts as not there, and is fetched or made again. What
 * only cannot be read now (too many open files, a tired disk) may well be there, so that is thrown
 * on, and so is what is no error of Infield's.
 */
export function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof InfieldError)) throw error;
  if (error.code === "io-failed" || error.code === "unreadable-file") throw error;
}

/**
 * Says nothing of what is on the disk: this process has too much open, or the system has no memory
 * (errno(3)).
 */
const OWN_LACKS = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/**
 * True for a failure that passes, whatever Infield's error it became: what could not be looked at
 * is not damaged for that.
 */
export function isResourceShortage(error: unknown): boolean {
  if (error instanceof InfieldError) return isResourceShortage(error.cause);
  return OWN_LACKS.has(errorCode(error) ?? "");
}

export function noSpace(folder: string, missing: string): InfieldError {
  return new InfieldError(
    "no-space",
    `the disk of ${JSON.stringify(folder)} lacks ${missing}`,
    "free at least that much and start again",
  );
}
