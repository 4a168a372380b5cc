/**
 * `npm run bench:delta`: our deltas of real version pairs beside those of every peer that is
 * installed: bytes, times, memory. Every delta is applied and its result compared with the new
 * version. `bench:peers` installs the peers.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeBetween } from "../../figures/write-between.ts";
import { removeTempFolders } from "../../harness/temp.ts";
import { addBuiltPrograms } from "../peers/installed.ts";
import { measureAll } from "./measure-all.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { formatReport, formatSecurityTable } from "./report.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

process.umask(0o022);
process.on("exit", removeTempFolders);
const options = readOptions();
addBuiltPrograms();
execFileSync("npm", ["run", "--silent", "build"], {
  cwd: ROOT,
  stdio: ["ignore", "ignore", "inherit"],
});
const measured = await measureAll(options, (line) => console.error(line));
console.log(options.json ? JSON.stringify(measured, null, 2) : formatReport(measured));
process.exitCode = measured.pairs.some(({ results }) =>
  results.some((result) => result.differences.length > 0),
)
  ? 1
  : 0;
if (options.write) {
  writeBetween(join(ROOT, "docs/benchmarks.md"), "bench:delta", formatReport(measured));
  writeBetween(join(ROOT, "README.md"), "bench:delta", formatSecurityTable(measured));
}

function readOptions(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`bench:delta: ${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}
