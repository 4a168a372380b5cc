/** The tests that a mutant of these parts may make fail. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: [
      "shared/src/**/*.test.ts",
      "agent/src/{update,updates,store}/**/*.test.ts",
      "!**/*.slow.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/*.slow.test.ts"],
    testTimeout: 60_000,
  },
});
