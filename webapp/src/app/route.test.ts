import { expect, test } from "vitest";
import { addressOf, VIEWS, viewOf } from "./route.ts";

test("an address opens its view; without one, teachers get Classroom, others Prepare", () => {
  for (const view of VIEWS) expect(viewOf(addressOf(view), false)).toBe(view);
  expect(viewOf("", true)).toBe("classroom");
  expect(viewOf("", false)).toBe("prepare");
  expect(viewOf("?view=elsewhere", false)).toBe("prepare");
});
