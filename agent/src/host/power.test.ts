import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isOnMains } from "./power.ts";

/** A folder like /sys/class/power_supply. */
async function supplies(described: Record<string, Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "infield-power-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, fields] of Object.entries(described)) {
    await mkdir(join(folder, name));
    for (const [field, text] of Object.entries(fields))
      await writeFile(join(folder, name, field), `${text}\n`);
  }
  return folder;
}
const battery = (status: string) => ({ type: "Battery", status });

test.each([
  [
    "a laptop that is plugged in",
    { AC: { type: "Mains", online: "1" }, BAT0: battery("Charging") },
    true,
  ],
  [
    "a laptop that is not",
    { AC: { type: "Mains", online: "0" }, BAT0: battery("Discharging") },
    false,
  ],
  ["one that names no mains supply, while its battery is full", { BAT0: battery("Full") }, true],
  [
    "one that is fed over USB",
    { BAT0: battery("Discharging"), ucsi: { type: "USB", online: "1" } },
    true,
  ],
  [
    "a desktop with the battery of a mouse",
    { mouse: { ...battery("Discharging"), scope: "Device" } },
    true,
  ],
  ["a machine without any supply", {}, true],
])("%s", async (_, described, expected) => {
  expect(await isOnMains(await supplies(described as Record<string, Record<string, string>>))).toBe(
    expected,
  );
});

test("a machine that does not say counts as one on mains power", async () => {
  expect(await isOnMains("/nowhere/power_supply")).toBe(true);
});
