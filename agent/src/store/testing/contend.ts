/**
 * For tests, run as a process: `contend.ts ROOT TIMES` asks for the lock of ROOT that often, and
 * prints how often it got it. While it has it, it makes a file that must not be there yet; if it
 * is, it exits with 1.
 */
import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lockRoot } from "../root/lock.ts";

const [root = "", times = ""] = process.argv.slice(2);
const alone = join(root, "alone");
let got = 0;
for (let time = 0; time < Number(times); time++) {
  const unlock = await lockRoot(root).catch((error: unknown) => {
    if ((error as { code?: string }).code !== "root-busy") throw error;
  });
  if (unlock === undefined) continue;
  closeSync(openSync(alone, "wx"));
  await new Promise((resolve) => setImmediate(resolve));
  rmSync(alone);
  got++;
  await unlock();
}
console.log(got);
