import { expect, it } from "vitest";
import type { Result } from "../contest/contest.ts";
import { formatReport, formatSecurityTable } from "./report.ts";

const pair = { name: "p", about: "a security update", security: true, old: "/old", next: "/new" };
const result = (contender: string, bytes: number, more: Partial<Result> = {}): Result => ({
  contender,
  ours: false,
  version: "tool 1.0",
  bytes,
  create: { seconds: 2, peakBytes: 3 * 2 ** 20 },
  apply: { seconds: 1 },
  differences: [],
  commands: ["tool OLD NEW"],
  kept: false,
  ...more,
});
const measured = {
  pairs: [
    {
      pair,
      newBytes: 1_000_000,
      results: [
        result("Infield, default", 500, { ours: true, create: { seconds: 8 } }),
        result("HDiffPatch, tar, -m-1", 1000),
        result("HDiffPatch, unpacked", 300),
        result("bsdiff", 2000, { kept: true }),
        result("zstd --patch-from", 10, { differences: ["bytes: x"] }),
      ],
    },
  ],
  missing: ["casync: casync is not installed"],
  speeds: [],
  speedOf: "p",
};

it("sets every contender beside the smallest peer whose delta could be used", () => {
  const report = formatReport(measured);
  expect(report).toContain("| Infield, default | 500 |");
  expect(report).toContain("| Infield, default | 0.500 |");
  expect(report).toContain("| Infield, default | 4.00 |");
  expect(report).toContain("| bsdiff | 2,000* |");
  expect(report).toContain("| HDiffPatch, tar, -m-1 | 3.00 |");
  expect(report).toContain("- bsdiff (tool 1.0): `tool OLD NEW`");
});

it("says what was wrong, missing or from an earlier run", () => {
  const report = formatReport(measured);
  expect(report).toContain("| zstd --patch-from | WRONG |");
  expect(report).toContain("- not run: casync: casync is not installed");
  expect(report).toContain("from an earlier run");
});

it("answers in the README for security updates", () => {
  expect(formatSecurityTable(measured)).toContain(
    "| a security update | 1,000,000 | 1,000 | 500 | – |",
  );
  const [only] = measured.pairs;
  const other = {
    ...measured,
    pairs: only ? [{ ...only, pair: { ...pair, security: false } }] : [],
  };
  expect(formatSecurityTable(other)).not.toContain("a security update");
});
