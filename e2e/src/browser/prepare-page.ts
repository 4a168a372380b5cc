/** The Prepare page, as a volunteer uses it: folders or archives in, a signed release out. */
import { join } from "node:path";
import type { Level } from "@infield/shared/delta";
import type { Page } from "playwright-core";
import { readAccess, ready, startOnLoopback } from "../harness/agents.ts";
import { tempFolder } from "../harness/temp.ts";
import { startBrowser } from "./browser.ts";

/** Gigabytes at the slowest level, on a machine that is shared. */
const PATIENCE_MS = 3_600_000;
/** What the page calls the levels. */
const LEVEL_NAMES: Record<Level, string> = { fast: "Fast", default: "Default", best: "Best" };

export type Step = "Old files" | "New files";

export function chooseFolder(page: Page, step: Step, folder: string): Promise<void> {
  return choose(page, step, "Choose folder", folder);
}

export function chooseArchive(page: Page, step: Step, file: string): Promise<void> {
  return choose(page, step, "Choose file", file);
}

/** Gives a step back what it shows before a choice. */
export async function forgetChoice(page: Page, step: Step): Promise<void> {
  await regionOf(page, step).getByRole("button", { name: "Choose again" }).click();
}

export async function createChannelOnPage(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name of the new channel").fill(name);
  await page.getByRole("button", { name: "Create the channel" }).click();
}

export async function signRelease(page: Page, version: number): Promise<void> {
  await page.getByRole("button", { name: "Sign the release" }).click();
  await page.getByText(`Version ${version} is signed`).waitFor();
}

export async function handToLaptop(page: Page, version: number): Promise<void> {
  await page.getByRole("button", { name: "Hand to this laptop" }).click();
  await page.getByText(`Version ${version} is now on this laptop`).waitFor();
}

export interface DeltaPlan {
  readonly old: string;
  readonly next: string;
  readonly level: Level;
}

/**
 * Opens the page of an agent of its own and chooses folders and level. `use` presses the button;
 * then all of it is closed. `prepare` has the page before it is loaded.
 */
export async function onPreparePage<T>(
  { old, next, level }: DeltaPlan,
  use: (page: Page) => Promise<T>,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<T> {
  const root = join(tempFolder("prepare"), "root");
  const agent = startOnLoopback(root, "Volunteer");
  const browser = await startBrowser();
  try {
    await ready(agent);
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await prepare(page);
    await page.goto((await readAccess(root)).page);
    await page.getByRole("link", { name: "Prepare" }).click();
    await chooseFolder(page, "Old files", old);
    await chooseFolder(page, "New files", next);
    await page.getByRole("radio", { name: LEVEL_NAMES[level] }).check();
    return await use(page);
  } finally {
    await browser.close();
    await agent.stop();
  }
}

/** Presses the button, and gives what the page says of the delta. */
export async function makeDelta(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Make the delta" }).click();
  return page.getByText(/ instead of /).innerText();
}

async function choose(page: Page, step: Step, button: string, path: string): Promise<void> {
  const region = regionOf(page, step);
  await region.getByLabel(button).setInputFiles(path);
  await region.getByRole("button", { name: "Choose again" }).waitFor();
}

function regionOf(page: Page, step: Step) {
  return page.getByRole("region", { name: step });
}
