/**
 * Programs told by their first bytes, for inputs that carry no modes: folders in a browser, zips
 * from Windows.
 */

export const EXECUTABLE_MODE = 0o755;
/** Bytes at a file's start that `isProgram` looks at. */
export const HEAD_BYTES = 4;

/** Programs (ELF) and scripts (`#!`). */
export function isProgram(head: Uint8Array): boolean {
  const elf = head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
  const script = head[0] === 0x23 && head[1] === 0x21;
  return elf || script;
}
