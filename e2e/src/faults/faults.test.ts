/**
 * The short form of the fault suites: a few points of every sweep, the same each time, and all
 * planted mistakes. The complete one is `npm run test:faults`.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { commandOf } from "../harness/typescript.ts";
import { listChecks } from "./checks.ts";
import type { Outcome } from "./run.ts";
import { examineMachine } from "./victim/machine.ts";

const [NODE, ...RUN] = commandOf(new URL("run.ts", import.meta.url));
const lacks = examineMachine();

describe("a laptop survives", () => {
  const outcomes = new Map<string, Outcome>();
  beforeAll(async () => {
    const args = [...RUN, "--short", "--json"];
    const { stdout, stderr } = await promisify(execFile)(NODE, args).catch((error) => error);
    // What went wrong at a point is in its outcome; this is what went wrong with the suites
    // themselves.
    expect(stderr).toBe("");
    for (const line of String(stdout).split("\n").filter(Boolean)) {
      const outcome = JSON.parse(line) as Outcome;
      outcomes.set(outcome.name, outcome);
    }
  });

  for (const { name, needs } of listChecks("short")) {
    const lack = lacks[needs];
    it.skipIf(lack !== undefined)(
      `${name}${lack === undefined ? "" : ` (skipped: ${lack})`}`,
      () => {
        const outcome = outcomes.get(name);
        expect(outcome?.violations).toEqual([]);
        expect(outcome?.points).toBeGreaterThan(0);
      },
    );
  }
});
