/** Screenshots as artefacts of the tests, in e2e/artefacts: look at them. */
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

export async function takeScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({
    path: fileURLToPath(new URL(`../../artefacts/${name}.png`, import.meta.url)),
    fullPage: true,
  });
}
