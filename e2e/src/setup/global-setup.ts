/** Before any test of this part: what people would run is built, and the real peers are there. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findBrowser } from "../browser/browser.ts";

export default function setUp(): void {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  execFileSync("npm", ["run", "--silent", "build"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  findBrowser();
}
