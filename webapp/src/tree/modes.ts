/** Modes for a folder's files, as a browser gives only their names and bytes. */
import { EXECUTABLE_MODE, isProgram } from "@infield/shared/tree";

export const DIR_MODE = 0o755;
const PLAIN_MODE = 0o644;

/** Programs and scripts become executable, everything else does not. */
export function guessMode(head: Uint8Array): number {
  return isProgram(head) ? EXECUTABLE_MODE : PLAIN_MODE;
}
