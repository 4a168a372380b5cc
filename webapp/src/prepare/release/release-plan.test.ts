import { expect, test } from "vitest";
import { planReleases } from "./release-plan.ts";

const FULL = { version: 0, base: "empty" };
const fresh = { allowed: [], latest: 0 };
const kept = {
  allowed: [
    { version: 1, tree: "a" },
    { version: 2, tree: "b" },
    { version: 3, tree: "a" },
  ],
  latest: 3,
};

test("on a new channel the old tree becomes version 1, from nothing, the new one version 2", () => {
  expect(planReleases(fresh, "a", "b", false)).toEqual([
    { version: 1, tree: "old", from: [FULL] },
    { version: 2, tree: "new", from: [{ version: 1, base: "old" }] },
  ]);
});

test("a full install of the new tree is made too if asked for", () => {
  expect(planReleases(fresh, "a", "b", true)[1]?.from).toEqual([{ version: 1, base: "old" }, FULL]);
  expect(planReleases(kept, "a", "c", true)).toEqual([
    { version: 4, tree: "new", from: [{ version: 3, base: "old" }, FULL] },
  ]);
});

test("the delta leads from the newest version with the old tree, not always the last", () => {
  expect(planReleases(kept, "a", "c", false)[0]?.from).toEqual([{ version: 3, base: "old" }]);
  expect(planReleases(kept, "b", "c", false)).toEqual([
    { version: 4, tree: "new", from: [{ version: 2, base: "old" }] },
  ]);
});

test("without an old tree there is only a full install", () => {
  expect(planReleases(fresh, undefined, "a", false)).toEqual([
    { version: 1, tree: "new", from: [FULL] },
  ]);
  expect(planReleases(kept, undefined, "c", true)).toEqual([
    { version: 4, tree: "new", from: [FULL] },
  ]);
});

test("an old tree that the channel never released is refused, with a way out", () => {
  expect(() => planReleases(kept, "x", "c", false)).toThrow(
    expect.objectContaining({ code: "no-path", hint: expect.stringContaining("version 3") }),
  );
});

test("a new tree that changes nothing is refused", () => {
  expect(() => planReleases(kept, "b", "a", false)).toThrow(
    expect.objectContaining({ code: "already-exists" }),
  );
  expect(() => planReleases(fresh, "a", "a", false)).toThrow(
    expect.objectContaining({ code: "usage" }),
  );
});

test("no number is used twice, even if its release is no longer allowed", () => {
  expect(planReleases({ ...kept, latest: 5 }, "a", "c", false)).toEqual([
    { version: 6, tree: "new", from: [{ version: 3, base: "old" }] },
  ]);
  expect(planReleases({ allowed: [], latest: 5 }, "a", "b", false)).toEqual([
    { version: 6, tree: "old", from: [FULL] },
    { version: 7, tree: "new", from: [{ version: 6, base: "old" }] },
  ]);
});
