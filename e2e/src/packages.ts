/** Real packages at two versions each, brought by `npm ci` under aliases (e2e/package.json). */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface PackagePair {
  readonly name: string;
  readonly old: string;
  readonly next: string;
}

/** A package with native code, and one of text only. */
export const NATIVE = pair("native");
export const TEXT = pair("text");

function pair(kind: string): PackagePair {
  const folder = (age: string) =>
    fileURLToPath(new URL(`../../node_modules/${kind}-${age}/`, import.meta.url)).slice(0, -1);
  return { name: kind, old: folder("old"), next: folder("new") };
}

/** The native package is published for 64-bit Linux only, and npm leaves it out elsewhere. */
export const hasNative = existsSync(NATIVE.old);
