/**
 * `teacher`: a real Chromium on the teacher's laptop opens the page, sees the room, and presses the
 * one button.
 */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { requireBrowser, startBrowser } from "../../browser/browser.ts";
import { takeScreenshot } from "../../browser/screenshot.ts";
import { inNamespace } from "../../room/namespaces.ts";
import { handOverOn, type LabLaptop, pageOf } from "../school/laptops.ts";
import type { Options } from "../school/options.ts";
import type { Report } from "../school/report.ts";
import { openSchool } from "../school/school.ts";
import { type Spread, watchSpread } from "../school/spread.ts";
import { costTable, timeTable } from "../school/tables.ts";

/** A room of thirty on a loaded machine. */
const LONGEST_MS = 180_000;

interface Found extends Spread {
  /** Laptops that the page said have the newest version. */
  readonly shown: number;
}

export async function teacher(options: Options): Promise<Report<Found>> {
  const school = await openSchool(options);
  const browser = await startBrowser(browserIn(options.folder, school.laptops[0] as LabLaptop));
  try {
    const [own, ...others] = school.laptops as readonly [LabLaptop, ...LabLaptop[]];
    await handOverOn(own, school.channel.repository, 2);
    options.say("the teacher opens the page …");
    const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    page.setDefaultTimeout(LONGEST_MS);
    await page.goto(await pageOf(own));
    await eachRow(page, others, "Waiting for version 2");
    await takeScreenshot(page, "lab-before");
    const spread = await watchSpread(school, () =>
      page.getByRole("button", { name: "Update the classroom" }).click(),
    );
    await eachRow(page, others, "Has the newest version");
    await takeScreenshot(page, "lab-after");
    const shown = await page.getByText("Has the newest version").count();
    return report(options, school.blobBytes, { ...spread, shown });
  } finally {
    await browser.close();
    await school.leave();
  }
}

async function eachRow(page: Page, laptops: readonly LabLaptop[], text: string): Promise<void> {
  for (const { name } of laptops)
    await page
      .getByRole("row")
      .filter({ has: page.getByText(name, { exact: true }) })
      .getByText(text)
      .waitFor();
}

/** Playwright starts one file: this one goes into the laptop's namespace first. */
function browserIn(folder: string, { station }: LabLaptop): string {
  const file = join(folder, "browser");
  const command = inNamespace(station.namespace, requireBrowser()).join(" ");
  writeFileSync(file, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

function report({ laptops, lossPercent }: Options, blobBytes: number, found: Found): Report<Found> {
  const { all, seconds, shown, cost, timelines } = found;
  return {
    goals: [
      {
        what:
          `the teacher sees ${laptops - 1} laptops in Chromium and updates them with one press; ` +
          `${lossPercent} % loss`,
        goal: "all, and the page says so",
        seen: all ? `all, after ${seconds.toFixed(1)} s; ${shown} rows say so` : "not all",
        met: all && shown >= laptops - 1,
      },
    ],
    tables: [timeTable(timelines), costTable(cost, blobBytes, laptops - 1)],
    data: found,
  };
}
