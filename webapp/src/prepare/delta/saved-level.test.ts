import { expect, test } from "vitest";
import { loadLevel, saveLevel } from "./saved-level.ts";

test("the level is the one chosen last, or the default if none or an unknown one is stored", () => {
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
