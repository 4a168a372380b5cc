/**
 * The encoder as a volunteer has it: the Prepare page, in a real browser, with as many workers as
 * it is told there are cores.
 */
import { join } from "node:path";
import type { Level } from "@infield/shared/delta";
import type { Page } from "playwright-core";
import { startBrowser } from "../../browser/browser.ts";
import { AgentProcess, infield } from "../../harness/infield.ts";
import { tempFolder } from "../../harness/temp.ts";

const CORES = 2;
/** A gigabyte at the slowest level, on a machine that is shared. */
const PATIENCE_MS = 3_600_000;
/** What the page calls the levels. */
const NAMES: Record<Level, string> = { fast: "Fast", default: "Default", best: "Best" };

/**
 * Seconds from the press of "Make the delta" until it is there. Both folders have been read and
 * hashed before.
 */
export async function timeThePage(old: string, next: string, level: Level): Promise<number> {
  const root = join(tempFolder("page"), "root");
  const agent = new AgentProcess([
    "--root",
    root,
    "--name",
    "Bench",
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
    await limitCores(page);
    await page.goto(address);
    await page.getByRole("link", { name: "Prepare" }).click();
    await chooseFolder(page, "Old files", old);
    await chooseFolder(page, "New files", next);
    await page.getByRole("radio", { name: NAMES[level] }).check();
    const start = performance.now();
    await page.getByRole("button", { name: "Make the delta" }).click();
    await page.getByText(/ instead of /).waitFor();
    return (performance.now() - start) / 1000;
  } finally {
    await browser.close();
    await agent.stop();
  }
}

async function limitCores(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setHardwareConcurrencyOverride", { hardwareConcurrency: CORES });
}

async function chooseFolder(page: Page, step: string, folder: string): Promise<void> {
  const region = page.getByRole("region", { name: step });
  await region.getByLabel("Choose folder").setInputFiles(folder);
  await region.getByRole("button", { name: "Choose again" }).waitFor();
}
