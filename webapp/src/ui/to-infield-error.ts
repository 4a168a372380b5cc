import { InfieldError } from "@infield/shared/base";

/**
 * Any error as one a person can act on. Whatever Infield did not expect is reported as a defect.
 */
export function toInfieldError(error: unknown): InfieldError {
  if (error instanceof InfieldError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new InfieldError(
    "internal",
    `something went wrong in this page (${reason})`,
    "reload the page and try again; if it happens again, report it as a defect",
    error,
  );
}
