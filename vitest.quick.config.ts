/**
 * `npm run test:quick`: every test file that is not called `*.slow.test.ts`, and one journey from
 * the volunteer's page to a laptop. A file that takes more than ten seconds is to be called so; the
 * run fails where one takes twice as long and is not.
 */
import { defineConfig } from "vitest/config";
import { SlowFiles } from "./e2e/src/setup/slow-files.ts";
import { endToEnd, part } from "./vitest.config.ts";

const LONGEST_MS = 20_000;

const quick = (name: string) => {
  const whole = part(name);
  return { ...whole, exclude: [...whole.exclude, "**/*.slow.test.ts"] };
};

export default defineConfig({
  test: {
    reporters: ["default", new SlowFiles(LONGEST_MS)],
    projects: [
      { test: quick("shared") },
      { test: quick("wasm") },
      { test: quick("webapp") },
      { test: quick("agent") },
      { test: { ...endToEnd, include: ["src/journeys/stragglers.test.ts"] } },
    ],
  },
});
