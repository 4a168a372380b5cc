import { expect, test } from "vitest";
import { loadLevel, saveLevel } from "./saved-level.ts";

test("the level is the one chosen last, and the default before that or when the storage holds something else", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  expect(loadLevel(storage)).toBe("default");
  saveLevel(storage, "best");
  expect(loadLevel(storage)).toBe("best");
  for (const key of kept.keys()) kept.set(key, "toString");
  expect(loadLevel(storage)).toBe("default");
});
