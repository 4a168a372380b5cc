/** What a journey needs: a browser for the tests of its file, and agents that end with each one. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startBrowser } from "../browser/browser.ts";
import { type OpenPage, openPage } from "../browser/page.ts";
import { AgentGroup, startOnLoopback } from "../harness/agents.ts";
import type { AgentProcess } from "../harness/infield.ts";
import { removeTempFolders } from "../harness/temp.ts";

export interface Stage {
  openPage(address: string): Promise<OpenPage>;
  /** Starts an agent on the loopback interface; resolves when it is ready. */
  startAgent(name: string, root: string, ...options: readonly string[]): Promise<AgentProcess>;
}

/** To be called once, where the tests of a file are described. */
export function useStage(): Stage {
  const agents = new AgentGroup();
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(() => agents.stop());
  afterAll(async () => {
    await browser.close();
    removeTempFolders();
  });
  return {
    openPage: (address) => openPage(browser, address),
    startAgent: (name, root, ...options) => agents.add(startOnLoopback(root, name, ...options)),
  };
}
