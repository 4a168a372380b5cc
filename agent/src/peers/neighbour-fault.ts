/** Which errors are the fault of the neighbour that was asked, so that another is worth asking. */
import { InfieldError } from "@infield/shared/base";

const NEIGHBOURS_FAULTS = [
  ...["peer-failed", "message-invalid", "blob-damaged", "bad-signature", "record-invalid"],
  ...["unknown-channel", "unknown-release", "no-path"],
];

/** True for what another neighbour may do better; anything else would only fail here again. */
export function isNeighboursFault(error: unknown): boolean {
  return error instanceof InfieldError && NEIGHBOURS_FAULTS.includes(error.code);
}

/** True where the neighbour sent bytes that are not what their hash says. */
export function isWrongBytes(error: unknown): boolean {
  return error instanceof InfieldError && error.code === "blob-damaged";
}
