/**
 * `npm run bench:system [-- --write] [PART]...`: whole systems through our command line, beside
 * what anybody would use in its place: tar and xz, HDiffPatch. One run measures all of it, one
 * after the other on one disk. Parts are system, sample, small, zeros; all of them unless some are
 * named.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeBetween } from "../../figures/write-between.ts";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import { addBuiltPrograms, findMissing } from "../peers/installed.ts";
import { measureDelta, measureFull, measureSmall, measureZeros } from "./measure.ts";
import { formatRows, type Row } from "./report.ts";
import { sampleTree, smallTrees, systemTrees, zerosTrees } from "./trees.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const PARTS = ["system", "sample", "small", "zeros"];
const SAMPLE_BYTES = 60_000_000;
const ZEROS_BYTES = 20_000_000;

process.umask(0o022);
process.on("exit", removeTempFolders);
addBuiltPrograms();
const words = process.argv.slice(2).filter((word) => word !== "--write");
const parts = words.length > 0 ? words : PARTS;
const peers = parts.includes("system") ? ["hdiffz"] : [];
const missing = findMissing(["mmdebstrap", "xz", "tar", ...peers]);
if (missing !== undefined) {
  console.error(`bench:system: ${missing} is not here; \`npm run bench:peers\` installs it`);
  process.exit(2);
}
execFileSync("npm", ["run", "--silent", "build", "-w", "agent"], {
  cwd: ROOT,
  stdio: ["ignore", "ignore", "inherit"],
});
const rows = measure();
console.log(formatRows(rows));
if (process.argv.includes("--write"))
  writeBetween(join(ROOT, "docs/benchmarks.md"), "bench:system", formatRows(rows));

function measure(): Row[] {
  const folder = tempFolder("system");
  const system = systemTrees();
  const measured: Row[] = [];
  const add = (part: string, work: (place: string) => readonly Row[]) => {
    if (!parts.includes(part)) return;
    for (const row of work(join(folder, part))) {
      console.error(formatRows([row]).split("\n").at(-1));
      measured.push(row);
    }
  };
  add("system", (place) => [
    ...measureFull(place, "a system", system.old, { sizeGoal: 1 }),
    ...measureDelta(place, system),
  ]);
  add("sample", (place) => {
    const sample = sampleTree(system.old, join(folder, "sample-tree"), SAMPLE_BYTES);
    return measureFull(place, "60 MB of it", sample, { sizeGoal: 0.95 });
  });
  add("small", (place) => measureSmall(place, smallTrees(folder)));
  add("zeros", (place) => {
    const zeros = new Uint8Array(ZEROS_BYTES);
    return measureZeros(place, zerosTrees(system.old, folder, zeros));
  });
  return measured;
}
