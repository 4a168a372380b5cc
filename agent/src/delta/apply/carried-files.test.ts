/** Units of a delta: which files and groups go to one thread. */
import { expect, it } from "vitest";
import { cutUnits } from "./carried-files.ts";

const units = (files: readonly number[], groups: readonly number[]) =>
  cutUnits(
    files.map((size) => ({ size })),
    groups.map((targetBytes) => ({ targetBytes })),
  ).map(({ group, file, endFile }) => [group, file, endFile]);

it("a group of whole files is a unit", () => {
  expect(units([3, 4, 5, 6], [7, 11])).toEqual([
    [0, 0, 2],
    [1, 2, 4],
  ]);
});

it("the groups of one large file are one unit", () => {
  expect(units([3, 20, 5], [3, 8, 12, 5])).toEqual([
    [0, 0, 1],
    [1, 1, 2],
    [3, 2, 3],
  ]);
});

it("empty files go with those before them, and need no group", () => {
  expect(units([0, 3, 0, 0, 4, 0], [3, 4])).toEqual([
    [0, 0, 4],
    [1, 4, 6],
  ]);
  expect(units([0, 0], [])).toEqual([[0, 0, 2]]);
  expect(units([], [])).toEqual([]);
});

it("files that the groups are too short for are still written, and found wanting", () => {
  expect(units([3, 4], [3])).toEqual([
    [0, 0, 1],
    [1, 1, 2],
  ]);
});
