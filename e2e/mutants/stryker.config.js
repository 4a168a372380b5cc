/**
 * Mutation testing (https://stryker-mutator.io): each small change of the code has to make a test
 * fail. A change that no test can see, as it changes nothing, has a `Stryker disable` comment with
 * the reason beside it. What is known from an earlier run is kept, so that a run that was broken
 * off goes on.
 */
export default {
  plugins: [
    new URL("node_modules/@stryker-mutator/vitest-runner/dist/src/index.js", import.meta.url)
      .pathname,
  ],
  testRunner: "vitest",
  vitest: { configFile: "e2e/mutants/vitest.config.ts" },
  mutate: [
    "shared/src/transfer/**/*.ts",
    "agent/src/update/*.ts",
    "agent/src/store/**/*.ts",
    "!**/*.test.ts",
    "!**/testing/**",
    "!**/index.ts",
  ],
  // Sentences for people: that a code and a next step are there is tested where it matters.
  mutator: { excludedMutations: ["StringLiteral"] },
  ignorePatterns: [
    "**/target",
    "**/dist",
    "docs",
    "e2e/artefacts",
    "wasm/vectors",
    "e2e/mutants/node_modules",
  ],
  incremental: true,
  incrementalFile: "node_modules/.cache/infield-mutants/known.json",
  tempDirName: ".stryker-tmp",
  reporters: ["clear-text", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  // The store's tests wait for disks; one at a time keeps their timeouts honest.
  concurrency: 1,
  timeoutMS: 20_000,
  thresholds: { high: 100, low: 100, break: 100 },
};
