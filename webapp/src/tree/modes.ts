/**
 * Modes for what a browser hands over without any: a folder's files have names and bytes, and
 * nothing else.
 */

export const DIR_MODE = 0o755;
const EXECUTABLE_MODE = 0o755;
const PLAIN_MODE = 0o644;
/** Bytes of a file's start that `guessMode` looks at. */
export const HEAD_BYTES = 4;

/** Programs (ELF) and scripts (`#!`) are to be run, everything else to be read. */
export function guessMode(head: Uint8Array): number {
  const elf = head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
  const script = head[0] === 0x23 && head[1] === 0x21;
  return elf || script ? EXECUTABLE_MODE : PLAIN_MODE;
}
