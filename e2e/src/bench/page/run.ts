/**
 * `npm run bench:page [-- MEGABYTES]`: trees larger than what a browser should hold, through the
 * Prepare page, at level fast: how much memory the page and its workers need at their peak, and the
 * browser's own process. Linux only.
 */
import { formatBytes } from "@infield/shared/base";
import { readBrowserPeaks } from "../../browser/memory.ts";
import { makeDelta, onPreparePage } from "../../browser/prepare-page.ts";
import { removeTempFolders, tempFolder } from "../../harness/temp.ts";
import { MB, writeLargePair } from "../../trees/large-trees.ts";

const megabytes = Number(process.argv[2] ?? 1000);
process.on("exit", removeTempFolders);

const few = { every: 100, bytes: 1000 };
const many = { every: 4, bytes: 1000 };
const doubled = { every: 4, bytes: MB };

console.log(
  "| each tree | files edited | new in each | delta | page and workers, peak | browser, peak |\n" +
    "|---|---|---|---|---|---|",
);
for (const [size, edits] of [
  [megabytes / 4, few],
  [megabytes, few],
  [megabytes, many],
  [megabytes, doubled],
] as const) {
  const pair = writeLargePair(tempFolder("page"), size, edits);
  const { figure, peaks } = await onPreparePage({ ...pair, level: "fast" }, async (page) => ({
    figure: await makeDelta(page),
    peaks: readBrowserPeaks(),
  }));
  const [added = "", ...memory] = [edits.bytes, peaks.pageBytes, peaks.browserBytes].map(
    formatBytes,
  );
  const cells = [formatBytes(size * MB), Math.ceil(size / edits.every), added, figure, ...memory];
  console.log(`| ${cells.join(" | ")} |`);
  removeTempFolders();
}
