import type { Change } from "@infield/shared/delta";
import { expect, test } from "vitest";
import { filterChanges, MAX_ROWS } from "./change-filter.ts";

const changes: Change[] = [
  { kind: "added", path: "bin/Draw", bytes: 5 },
  { kind: "removed", path: "share/draw.txt", bytes: 1 },
  { kind: "changed", path: "README", bytes: 2 },
];

test("a kind and part of the name, in upper or lower case, choose the rows", () => {
  expect(
    filterChanges(changes, { kind: "all", text: " DRAW " }).rows.map(({ path }) => path),
  ).toEqual(["bin/Draw", "share/draw.txt"]);
  expect(
    filterChanges(changes, { kind: "removed", text: "draw" }).rows.map(({ path }) => path),
  ).toEqual(["share/draw.txt"]);
  expect(filterChanges(changes, { kind: "moved", text: "" })).toEqual({ rows: [], more: 0 });
});

test("a long list is capped and says how much is left out", () => {
  const many = Array.from(
    { length: MAX_ROWS + 34 },
    (_, i): Change => ({ kind: "added", path: `${i}`, bytes: 0 }),
  );
  const { rows, more } = filterChanges(many, { kind: "all", text: "" });
  expect(rows.length).toBe(MAX_ROWS);
  expect(more).toBe(34);
});
