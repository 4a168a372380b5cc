import { expect, test } from "vitest";
import { addressOf, VIEWS, viewOf } from "./route.ts";

test("an address leads to its view; without one a teacher sees the classroom and anybody else Prepare", () => {
  for (const view of VIEWS) expect(viewOf(addressOf(view), false)).toBe(view);
  expect(viewOf("", true)).toBe("classroom");
  expect(viewOf("", false)).toBe("prepare");
  expect(viewOf("?view=elsewhere", false)).toBe("prepare");
});
