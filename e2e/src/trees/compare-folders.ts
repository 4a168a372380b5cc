/**
 * Two folders compared entry by entry, by code that shares nothing with the agent's own scanner.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * What differs between two folders, a line each; empty when type, bytes, mode and link target of
 * every entry agree.
 */
export function compareFolders(expected: string, actual: string): string[] {
  return compareEntries(expected, actual, "");
}

function compareEntries(a: string, b: string, at: string): string[] {
  const names = (root: string) => readdirSync(join(root, at), { encoding: "utf8" }).sort();
  const [inA, inB] = [names(a), names(b)];
  const missing = inA
    .filter((name) => !inB.includes(name))
    .map((name) => `missing: ${join(at, name)}`);
  const extra = inB.filter((name) => !inA.includes(name)).map((name) => `extra: ${join(at, name)}`);
  const both =
    inA.length === inB.length && missing.length === 0
      ? inA
      : inA.filter((name) => inB.includes(name));
  return [...missing, ...extra, ...both.flatMap((name) => compareEntry(a, b, join(at, name)))];
}

function compareEntry(a: string, b: string, path: string): string[] {
  const [left, right] = [lstatSync(join(a, path)), lstatSync(join(b, path))];
  if ((left.mode & 0o170000) !== (right.mode & 0o170000)) return [`type: ${path}`];
  if (left.isSymbolicLink()) {
    return readlinkSync(join(a, path)) === readlinkSync(join(b, path)) ? [] : [`link: ${path}`];
  }
  const mode =
    left.mode === right.mode
      ? []
      : [`mode: ${path} ${left.mode.toString(8)} ${right.mode.toString(8)}`];
  if (left.isDirectory()) return [...mode, ...compareEntries(a, b, path)];
  const same =
    left.size === right.size && readFileSync(join(a, path)).equals(readFileSync(join(b, path)));
  return same ? mode : [...mode, `bytes: ${path}`];
}
