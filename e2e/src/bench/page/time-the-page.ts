/**
 * The encoder as a volunteer has it: the Prepare page, in a real browser, with as many workers as
 * it is told there are cores.
 */
import type { Page } from "playwright-core";
import { type DeltaPlan, makeDelta, onPreparePage } from "../../browser/prepare-page.ts";

const CORES = 2;

/**
 * Seconds from the press of "Make the delta" until it is there. Both folders have been read and
 * hashed before.
 */
export function timeThePage(plan: DeltaPlan): Promise<number> {
  const timed = async (page: Page) => {
    const start = performance.now();
    await makeDelta(page);
    return (performance.now() - start) / 1000;
  };
  return onPreparePage(plan, timed, limitCores);
}

async function limitCores(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setHardwareConcurrencyOverride", { hardwareConcurrency: CORES });
}
