/** The error of a connection: what the other side did, or did not do. */
import { InfieldError } from "../../base/errors.ts";

export function peerFailed(what: string): InfieldError {
  return new InfieldError(
    "peer-failed",
    `the other side ${what}`,
    "it is tried again with the next announcement",
  );
}
