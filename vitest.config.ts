import { defineConfig } from "vitest/config";

/** One project a part, so that `vitest run --project shared` is one part's tests. */
const unit = (name: string) => ({
  test: {
    name,
    root: name,
    include: ["**/*.test.{ts,tsx}"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/target/**"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      unit("shared"),
      unit("wasm"),
      unit("webapp"),
      unit("agent"),
      // Browsers, agents and big trees: one file at a time, as they share the loopback interface's multicast groups.
      { test: { ...unit("e2e").test, fileParallelism: false, testTimeout: 300_000, hookTimeout: 600_000 } },
    ],
  },
});
