import { expect, it } from "vitest";
import { parseOptions } from "./options.ts";

it("measures every level unless told otherwise", () => {
  expect(parseOptions([])).toEqual({
    levels: ["fast", "default", "best"],
    kept: false,
    json: false,
    write: false,
  });
  expect(parseOptions(["trees", "--level", "best", "--level", "fast", "--kept"])).toMatchObject({
    folder: "trees",
    levels: ["fast", "best"],
    kept: true,
  });
});

it.each([[["--level", "tiny"]], [["a", "b"]], [["--frobnicate"]]])("refuses %j", (args) => {
  expect(() => parseOptions(args)).toThrow();
});
