/** A page of an agent as a test opens it: with time for a slow machine, and nothing overheard. */
import type { Browser, Page } from "playwright-core";

/** Making deltas of ten-megabyte programs in a browser on a slow, shared machine. */
const PATIENCE_MS = 240_000;

export interface OpenPage {
  readonly page: Page;
  /** What went wrong in the page: errors, and what the content security policy refused. */
  readonly complaints: readonly string[];
}

export async function openPage(browser: Browser, address: string): Promise<OpenPage> {
  const page = await browser.newPage({
    acceptDownloads: true,
    viewport: { width: 1100, height: 900 },
  });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(address);
  return { page, complaints };
}
