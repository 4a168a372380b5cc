/**
 * `npm run structure`: the folders with their counts, circles of imports and imports upwards; exit
 * code 1 when the map in CONTRIBUTING.md does not hold. `-- --write` brings biome's copy of the
 * layers up to date.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BIOME_LAYERS, biomeLayers } from "./biome-layers.ts";
import { checkStructure, type Structure } from "./check.ts";
import { readMap } from "./map.ts";
import { findWideLines, listSources, readImports } from "./sources.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const map = readMap(await readFile(join(ROOT, "CONTRIBUTING.md"), "utf8"));
const layers = biomeLayers(map);
if (process.argv.includes("--write")) await writeFile(join(ROOT, BIOME_LAYERS), layers);
const sources = listSources(ROOT);
const structure = checkStructure(map, await readImports(ROOT, sources));
const faults = [...structure.faults, ...(await findWideLines(ROOT, sources))];
if ((await readFile(join(ROOT, BIOME_LAYERS), "utf8").catch(() => "")) !== layers)
  faults.push(`${BIOME_LAYERS} is not what the map says: npm run structure -- --write`);

console.log(describe(structure));
for (const fault of faults) console.error(fault);
const { circles, upward } = structure;
process.exitCode = faults.length + circles.length + upward.length > 0 ? 1 : 0;

function describe({ folders, circles, upward }: Structure): string {
  return [
    ...folders.map(({ path, files, purpose }) =>
      `${String(files).padStart(3)}  ${path.padEnd(30)}  ${purpose}`.trimEnd(),
    ),
    ...circles.map((files) => `circle: ${files.join(", ")}`),
    ...upward.map((line) => `upwards: ${line}`),
    `${sum(folders)} files in ${folders.length} folders, at most ${most(folders)} in one`,
    `circles: ${circles.length}, upward imports: ${upward.length}`,
  ].join("\n");
}

function sum(folders: Structure["folders"]): number {
  return folders.reduce((total, { files }) => total + files, 0);
}

function most(folders: Structure["folders"]): number {
  return Math.max(...folders.map(({ files }) => files));
}
