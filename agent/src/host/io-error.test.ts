import { constants } from "node:os";
import { expect, it } from "vitest";
import { toIoError } from "./io-error.ts";

/** As Node throws it: libuv has no name for this one. */
const USED_UP = Object.assign(new Error("Unknown system error -122: write"), {
  errno: -constants.errno.EDQUOT,
  code: "Unknown system error -122",
});

it("a quota that is used up is a full disk, though Node has no name for it", () => {
  expect(toIoError(USED_UP, "write a file")).toMatchObject({ code: "no-space" });
});

it("what is no error of the system stays what it is", () => {
  const defect = new TypeError("a defect");
  expect(toIoError(defect, "write a file")).toBe(defect);
});
