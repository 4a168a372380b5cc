/** Real packages at two versions each, brought by `npm ci` under aliases (e2e/package.json). */
import { createRequire } from "node:module";
import { dirname } from "node:path";

export interface PackagePair {
  readonly name: string;
  readonly old: string;
  readonly next: string;
}

const require = createRequire(import.meta.url);

/** A package of text only: two thousand files, of which a handful change. */
export const TEXT: PackagePair = {
  name: "text",
  old: folderOf("text-old"),
  next: folderOf("text-new"),
};

/** A package with native code: published for 64-bit Linux only, and npm leaves it out elsewhere. */
export function nativePair(): PackagePair {
  return { name: "native", old: folderOf("native-old"), next: folderOf("native-new") };
}

function folderOf(alias: string): string {
  return dirname(require.resolve(`${alias}/package.json`));
}
