/** Which paths a tree may hold, and their order. */
import { utf8 } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { MAX_PATH_BYTES } from "../base/limits.ts";

/** Why a path is refused, as the end of a sentence; undefined when it is fine. */
export function invalidPathReason(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.includes("\0")) return "holds a NUL byte";
  if (/\p{Surrogate}/u.test(path)) return "is not valid Unicode";
  if (isTooLong(path)) return `is longer than ${MAX_PATH_BYTES} bytes`;
  return BAD_PART.test(path) ? 'has an empty, "." or ".." part' : undefined;
}

/** An empty, `.` or `..` part. */
const BAD_PART = /(?:^|\/)\.{0,2}(?:\/|$)/;
/**
 * Bytes that UTF-8 takes for a UTF-16 unit at most: most paths are so short that nobody has to
 * encode them to know.
 */
const MAX_UNIT_BYTES = 3;

function isTooLong(text: string): boolean {
  return text.length * MAX_UNIT_BYTES > MAX_PATH_BYTES && utf8(text).length > MAX_PATH_BYTES;
}

/** The error for a path, `reason` being the end of the sentence. */
export function pathError(path: string, reason: string): InfieldError {
  return new InfieldError(
    "path-invalid",
    `the path ${JSON.stringify(path)} ${reason}`,
    "rename or leave out that file",
  );
}

/** Why a link target is refused: it is data, so only what no filesystem could store. */
export function invalidTargetReason(target: string): string | undefined {
  if (target === "") return "points to nothing";
  if (target.includes("\0")) return "points to a NUL byte";
  if (/\p{Surrogate}/u.test(target)) return "points to a name that is not valid Unicode";
  if (isTooLong(target)) return `points to a name longer than ${MAX_PATH_BYTES} bytes`;
  return undefined;
}

/**
 * Order of the UTF-8 bytes of two strings, without making the bytes. UTF-16 units sort the same way
 * but for surrogates, which stand for code points above U+FFFF and so belong after U+E000 … U+FFFF.
 */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = sortUnit(a.charCodeAt(i)) - sortUnit(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function sortUnit(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
