/** Two files compared in steps, as tars may be larger than a buffer can be. */
import { closeSync, openSync, readSync, statSync } from "node:fs";

const STEP_BYTES = 1 << 20;

export function sameBytes(left: string, right: string): boolean {
  const bytes = statSync(left).size;
  if (statSync(right).size !== bytes) return false;
  const [a, b] = [openSync(left, "r"), openSync(right, "r")];
  const [mine, theirs] = [Buffer.alloc(STEP_BYTES), Buffer.alloc(STEP_BYTES)];
  try {
    for (let at = 0; at < bytes; at += STEP_BYTES) {
      const read = readSync(a, mine, 0, STEP_BYTES, at);
      readSync(b, theirs, 0, STEP_BYTES, at);
      if (mine.compare(theirs, 0, read, 0, read) !== 0) return false;
    }
    return true;
  } finally {
    closeSync(a);
    closeSync(b);
  }
}
