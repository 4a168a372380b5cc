/**
 * What a volunteer's browser needs does not grow with the tree; `npm run bench:page` shows the same
 * with a gigabyte.
 */
import { afterAll, describe, expect, it } from "vitest";
import { readBrowserPeaks } from "../browser/memory.ts";
import { makeDelta, onPreparePage } from "../browser/prepare-page.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { MB, writeLargePair } from "../trees/large-trees.ts";

const MEGABYTES = 300;
/**
 * Less than the two trees together: the page itself, the small files that it keeps, one worker and
 * its group.
 */
const MOST_BYTES = 550 * MB;

const isLinux = process.platform === "linux";
const reason = isLinux ? "" : " (skipped: the memory of a process is read from Linux's /proc)";

describe("the Prepare page", () => {
  afterAll(removeTempFolders);

  it.skipIf(!isLinux)(`makes a delta of trees that it never holds${reason}`, async () => {
    const pair = writeLargePair(tempFolder("page"), MEGABYTES, {
      every: 100,
      bytes: 1000,
    });
    const { figure, peaks } = await onPreparePage({ ...pair, level: "fast" }, async (page) => ({
      figure: await makeDelta(page),
      peaks: readBrowserPeaks(),
    }));
    expect(figure).toMatch(/ kB instead of 300 MB$/);
    expect(peaks.pageBytes).toBeLessThan(MOST_BYTES);
    expect(peaks.browserBytes).toBeLessThan(MOST_BYTES);
  });
});
