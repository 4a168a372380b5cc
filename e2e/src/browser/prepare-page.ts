/** The Prepare page in a real browser, as a volunteer uses it: two folders in, a delta out. */
import { join } from "node:path";
import type { Level } from "@infield/shared/delta";
import type { Page } from "playwright-core";
import { AgentProcess, infield } from "../harness/infield.ts";
import { tempFolder } from "../harness/temp.ts";
import { startBrowser } from "./browser.ts";

/** Gigabytes on a slow machine that is shared. */
const PATIENCE_MS = 3_600_000;
/** What the page calls the levels. */
const LEVEL_NAMES: Record<Level, string> = { fast: "Fast", default: "Default", best: "Best" };

/** Makes the delta of two folders, and looks at the browser with `measure` before it is closed. */
export async function makeDeltaInPage<T>(
  old: string,
  next: string,
  level: Level,
  measure: () => T,
): Promise<{ figure: string; peaks: T }> {
  const root = join(tempFolder("prepare"), "root");
  const agent = new AgentProcess([
    "--root",
    root,
    "--name",
    "Volunteer",
    "--port",
    "0",
    "--interface",
    "lo",
  ]);
  const browser = await startBrowser();
  try {
    await agent.until((event) => event.event === "ready");
    const { page: address } = await infield<{ page: string }>("status", "--root", root);
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(address);
    await page.getByRole("link", { name: "Prepare" }).click();
    await chooseFolder(page, "Old files", old);
    await chooseFolder(page, "New files", next);
    await page.getByRole("radio", { name: LEVEL_NAMES[level] }).check();
    await page.getByRole("button", { name: "Make the delta" }).click();
    const figure = await page.getByText(/ instead of /).innerText();
    return { figure, peaks: measure() };
  } finally {
    await browser.close();
    await agent.stop();
  }
}

async function chooseFolder(
  page: Page,
  step: "Old files" | "New files",
  folder: string,
): Promise<void> {
  const region = page.getByRole("region", { name: step });
  await region.getByLabel("Choose folder").setInputFiles(folder);
  await region.getByRole("button", { name: "Choose again" }).waitFor();
}
