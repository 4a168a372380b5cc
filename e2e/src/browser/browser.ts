/** A real Chromium: found where people have one, else asked for in one sentence. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { findOnPath } from "../harness/find-on-path.ts";

const NAMES = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser"];
const MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** The path of a browser: `INFIELD_BROWSER`, else Chrome or Chromium on PATH. */
export function findBrowser(): string | undefined {
  const named = process.env.INFIELD_BROWSER;
  if (named) return named;
  return findOnPath(NAMES) ?? (existsSync(MAC_CHROME) ? MAC_CHROME : undefined);
}

/** The same; throws, with what to do, where there is none. */
export function requireBrowser(): string {
  const found = findBrowser();
  if (found !== undefined) return found;
  throw new Error(
    "there is no browser: `npm run setup` installs Chromium as root on Debian; " +
      "elsewhere install Chrome or Chromium, or name one in INFIELD_BROWSER",
  );
}

/**
 * Starts a browser headless, silent towards the outside. Root may not use Chromium's sandbox, so it
 * is off for root only. `executable`: another file than the browser's own, that starts it.
 */
export async function startBrowser(executable = requireBrowser()): Promise<Browser> {
  const args = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
  ];
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  return chromium.launch({ executablePath: executable, args });
}
