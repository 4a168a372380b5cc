import { expect, it } from "vitest";
import { RequestWindow } from "./request-window.ts";

it("a request window grows by one for each fast answer, up to its most", () => {
  const window = new RequestWindow(1, 3);
  const sizes = [0, 499, 100, 100].map((ms) => {
    window.noteAnswer(ms);
    return window.size;
  });
  expect(sizes).toEqual([2, 3, 3, 3]);
});

it("a request window shrinks by one for each slow answer, down to its least", () => {
  const window = new RequestWindow(2, 5);
  for (let fast = 0; fast < 2; fast++) window.noteAnswer(1);
  const sizes = [500, 2_000, 2_001, 9_000, 9_000, 9_000].map((ms) => {
    window.noteAnswer(ms);
    return window.size;
  });
  expect(sizes).toEqual([4, 4, 3, 2, 2, 2]);
});
