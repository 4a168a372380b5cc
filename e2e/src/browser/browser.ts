/**
 * A real Chromium: found where people have one, installed where we may, else asked for in one
 * sentence.
 */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { findOnPath } from "../harness/find-on-path.ts";
import { installDebianPackage } from "../setup/debian.ts";

const NAMES = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser"];
const MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/**
 * The path of a browser: `INFIELD_BROWSER`, else Chrome or Chromium on PATH, else Debian's
 * `chromium`, installed now.
 */
export function findBrowser(): string {
  const named = process.env.INFIELD_BROWSER;
  if (named) return named;
  const found = findOnPath(NAMES) ?? (existsSync(MAC_CHROME) ? MAC_CHROME : undefined);
  if (found) return found;
  installDebianPackage("chromium");
  const installed = findOnPath(NAMES);
  if (installed) return installed;
  throw new Error("no browser found: install Chrome or Chromium, or name one in INFIELD_BROWSER");
}

/**
 * Starts a browser headless, silent towards the outside. Root may not use Chromium's sandbox, so it
 * is off for root only. `executable`: another file than the browser's own, that starts it.
 */
export async function startBrowser(executable = findBrowser()): Promise<Browser> {
  const args = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
  ];
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  return chromium.launch({ executablePath: executable, args });
}
