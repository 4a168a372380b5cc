import type { BlobRecord } from "@infield/shared/records";
import { expect, it } from "vitest";
import { createRejectedDeltas } from "./rejected-deltas.ts";

const claim: BlobRecord = {
  ...{ root: "aa", from: 1, base: "bb", bytes: 100 },
  ...{ decoderBytes: 10, writtenBytes: 20, writtenEntries: 3 },
};

it("a rejected claim is not tried again, whoever makes it, but another claim of its delta is", () => {
  const rejected = createRejectedDeltas();
  rejected.add(3, "liar", claim);
  expect(rejected.has(3, claim, "other")).toBe(true);
  expect(rejected.has(4, claim, "other")).toBe(true);
  for (const name of Object.keys(claim) as (keyof BlobRecord)[])
    expect(rejected.has(3, { ...claim, [name]: "else" }, "other"), name).toBe(false);
});

it("a source that named a wrong delta, or did not give what it named, is not asked again", () => {
  const rejected = createRejectedDeltas();
  rejected.add(3, "liar");
  expect([rejected.hasSource(3, "liar"), rejected.hasSource(4, "liar")]).toEqual([true, true]);
  expect([rejected.hasSource(3, "other"), rejected.has(3, claim, "other")]).toEqual([false, false]);
  expect(rejected.has(3, claim, "liar")).toBe(true);
});

it("after three wrong deltas to a version nobody is asked for it, until another version counts", () => {
  const rejected = createRejectedDeltas();
  for (const source of ["a", "b"]) rejected.add(3, source);
  expect(rejected.hasSource(3, "d")).toBe(false);
  rejected.add(3, "c");
  expect([rejected.hasSource(3, "d"), rejected.hasSource(4, "d")]).toEqual([true, false]);
  rejected.add(4, "d");
  expect(rejected.hasSource(3, "e")).toBe(false);
});

it("sixty-four claims and sources are remembered, the oldest forgotten first", () => {
  const rejected = createRejectedDeltas();
  for (let version = 0; version < 65; version++)
    rejected.add(version, `${version}`, { ...claim, bytes: version });
  expect([0, 1, 64].map((number) => rejected.hasSource(99, `${number}`))).toEqual([
    false,
    true,
    true,
  ]);
  expect([0, 1, 64].map((bytes) => rejected.has(99, { ...claim, bytes }, "x"))).toEqual([
    false,
    true,
    true,
  ]);
});
