/**
 * What the benchmarks keep between runs, where tools of this kind keep things: packages, pairs,
 * programs built, results of peers.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(
  new URL("../../../../node_modules/.cache/infield-bench", import.meta.url),
);

/** A folder that is there from one run to the next. */
export function keptFolder(name: "packages" | "pairs" | "programs" | "results"): string {
  const folder = join(ROOT, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
