/** Modes for a folder's files, as a browser gives only their names and bytes. */

export const DIR_MODE = 0o755;
const EXECUTABLE_MODE = 0o755;
const PLAIN_MODE = 0o644;
/** Bytes at a file's start that `guessMode` looks at. */
export const HEAD_BYTES = 4;

/** Programs (ELF) and scripts (`#!`) become executable, everything else does not. */
export function guessMode(head: Uint8Array): number {
  const elf = head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
  const script = head[0] === 0x23 && head[1] === 0x21;
  return elf || script ? EXECUTABLE_MODE : PLAIN_MODE;
}
