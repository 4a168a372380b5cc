import { describe, expect, it } from "vitest";
import type { ReleaseRecord } from "./release.ts";
import { findRoute } from "./route.ts";

const blob = (from: number, bytes: number) => ({
  from,
  base: "0".repeat(64),
  bytes,
  root: "0".repeat(64),
  decoderBytes: 0,
  writtenBytes: 0,
  writtenEntries: 0,
});
const release = (version: number, ...blobs: [from: number, bytes: number][]): ReleaseRecord => ({
  infield: "release 1",
  channel: "0".repeat(64),
  version,
  tree: "0".repeat(64),
  treeBytes: 0,
  entries: 0,
  needsSystem: false,
  urgent: false,
  date: "2026-01-01T00:00:00.000Z",
  notes: {},
  blobs: blobs.map(([from, bytes]) => blob(from, bytes)),
});
const versions = (releases: ReleaseRecord[], from: number, to: number) =>
  findRoute(releases, from, to).map((step) => [step.blob.from, step.release.version]);

describe("a route", () => {
  it("is the chain where that is fewer bytes, the direct delta where that is", () => {
    expect(versions([release(2, [1, 10]), release(3, [2, 10], [1, 25])], 1, 3)).toEqual([
      [1, 2],
      [2, 3],
    ]);
    expect(versions([release(3, [2, 10], [1, 15]), release(2, [1, 10])], 1, 3)).toEqual([[1, 3]]);
  });

  it("starts from nothing with a full install, and is empty when there is nowhere to go", () => {
    expect(versions([release(1, [0, 100]), release(2, [1, 5])], 0, 2)).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(versions([release(2, [1, 5])], 2, 2)).toEqual([]);
  });

  it("that does not exist is said in one sentence", () => {
    expect(() => findRoute([release(3, [2, 10])], 1, 3)).toThrow(
      "no delta leads from version 1 to 3",
    );
  });

  it("never goes down, whatever a record claims", () => {
    expect(() => findRoute([release(2, [5, 1])], 5, 2)).toThrow("no delta leads");
  });
});
