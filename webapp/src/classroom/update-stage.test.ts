import type { Classroom, Laptop, Report } from "@infield/shared/transfer";
import { expect, test } from "vitest";
import { isHeld, updateStage } from "./update-stage.ts";

const self: Report = {
  id: "00000000000000aa",
  name: "desk",
  version: 12,
  state: "resting",
  teachers: [],
};
const done = { ...self, version: 13 };
const laptop: Laptop = { ...self, id: "00000000000000bb", name: "amina", unseenMs: 0, obeys: true };
const told = { version: 13, urgent: false, date: "", treeBytes: 0, notes: {}, announced: true };
const broken = {
  code: "health-failed",
  message: "version 13 failed its health check",
  hint: "tell the volunteer",
};

const reach = { port: 7461, addresses: [], peers: [] };
const stage = (more: Partial<Classroom>) =>
  updateStage({ type: "classroom", self, reach, laptops: [], latest: told, ...more });

test("without a release there is nothing to press", () => {
  expect(updateStage({ type: "classroom", self, reach, laptops: [] })).toMatchObject({
    urge: "none",
    note: expect.stringContaining("no release"),
  });
});

test("updating comes next while this laptop is behind, or nobody has been told", () => {
  expect(stage({})).toMatchObject({
    title: "Version 13 is ready",
    order: "Update the classroom",
    urge: "next",
  });
  expect(stage({ self: done, latest: { ...told, announced: false } }).urge).toBe("next");
});

test("once the classroom has been told, it can be told again, but need not be", () => {
  expect(stage({ self: done, laptops: [laptop] })).toMatchObject({
    order: "Tell the classroom again",
    urge: "again",
    note: expect.stringContaining("one after another"),
  });
  expect(stage({ self: done, laptops: [{ ...laptop, version: 13 }] })).toMatchObject({
    urge: "none",
    note: "Every laptop seen has version 13. There is nothing to do.",
  });
});

test("after a rollback here, only a newer version can be spread at once", () => {
  const held: Report = { ...self, state: "held", target: 13 };
  expect(stage({ self: held })).toMatchObject({
    urge: "none",
    note: "Version 13 was rolled back on this laptop. Let it update again first.",
  });
  expect(stage({ self: { ...self, state: "held" } })).toMatchObject({
    urge: "none",
    note: "Updates are on hold on this laptop. Let it update again first.",
  });
  expect(stage({ self: held, latest: { ...told, version: 14 } }).urge).toBe("next");
});

test("a version that failed here is not called ready", () => {
  const failed: Report = { ...self, state: "failed", target: 13, problem: broken };
  expect(stage({ self: failed })).toMatchObject({
    title: "Version 13 did not work on this laptop",
    urge: "none",
  });
  expect(stage({ self: { ...failed, problem: { ...broken, code: "no-space" } } })).toMatchObject({
    title: "Version 13 could not be installed on this laptop",
    urge: "next",
  });
});

test("when only held laptops are behind, it says that telling them would do nothing", () => {
  const held: Laptop = { ...laptop, state: "held" };
  const failed: Laptop = { ...laptop, state: "failed", target: 13, problem: broken };
  expect(stage({ self: done, laptops: [held, failed] })).toMatchObject({
    urge: "none",
    note: expect.stringContaining("Let them update again"),
  });
  expect(stage({ self: done, laptops: [held, laptop] }).urge).toBe("again");
});

test("a rollback or a failed health check holds a laptop, a full disk does not", () => {
  expect(isHeld({ ...self, state: "held" })).toBe(true);
  expect(isHeld({ ...self, state: "failed", problem: broken })).toBe(true);
  expect(isHeld({ ...self, state: "failed", problem: { ...broken, code: "no-space" } })).toBe(
    false,
  );
});
