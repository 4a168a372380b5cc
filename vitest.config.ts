import { defineConfig } from "vitest/config";

/** One project a part, so that `vitest run --project shared` is one part's tests. */
export const part = (name: string) => ({
  name,
  root: name,
  include: ["**/*.test.{ts,tsx}"],
  exclude: ["**/node_modules/**", "**/dist/**", "**/target/**"],
  testTimeout: 60_000,
  hookTimeout: 120_000,
});

/**
 * Browsers, agents and large trees: after everything else, and one file at a time, as they share
 * one machine.
 */
export const endToEnd = {
  ...part("e2e"),
  globalSetup: "src/setup/build.ts",
  sequence: { groupOrder: 1 },
  fileParallelism: false,
  testTimeout: 300_000,
  hookTimeout: 600_000,
};

export default defineConfig({
  test: {
    globalSetup: "e2e/src/setup/report-missing.ts",
    projects: [
      { test: part("shared") },
      { test: part("wasm") },
      { test: part("webapp") },
      { test: part("agent") },
      { test: endToEnd },
    ],
  },
});
