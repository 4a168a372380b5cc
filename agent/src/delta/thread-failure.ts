/**
 * Errors on their way from a thread that applies a delta: a message keeps neither their class nor
 * their code.
 */
import { type ErrorCode, InfieldError } from "@infield/shared/base";

/** `code` is absent for a defect. */
export interface Failure {
  readonly reply: "failed";
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

export function describeFailure(error: unknown): Failure {
  if (error instanceof InfieldError) {
    return { reply: "failed", code: error.code, message: error.message, hint: error.hint };
  }
  return {
    reply: "failed",
    message: error instanceof Error ? error.message : String(error),
    hint: "report this as a defect",
  };
}

export function toError({ code, message, hint }: Failure): InfieldError {
  return code === undefined ? threadFailed(message) : new InfieldError(code, message, hint);
}

export function threadFailed(reason: string): InfieldError {
  return new InfieldError(
    "internal",
    `the thread that applies deltas failed: ${reason}`,
    "report this as a defect",
  );
}
