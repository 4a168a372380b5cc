/** What a laptop knows of the moment: its power, its lid and the time of day. */
import { readFile } from "node:fs/promises";
import { isOnMains } from "../host/power.ts";

export interface Conditions {
  isOnMains(): Promise<boolean>;
  isLidClosed(): Promise<boolean>;
  /** Local time, in minutes after midnight. */
  minuteOfDay(): number;
}

/** As Linux tells. What it does not tell counts as mains power and an open lid. */
export const linuxConditions: Conditions = {
  isOnMains: () => isOnMains(),
  isLidClosed: () => isLidClosed(),
  minuteOfDay() {
    const now = new Date();
    return now.getHours() * 60 + now.getMinutes();
  },
};

/** Where the kernel says whether a lid is closed (drivers/acpi/button.c). */
const LIDS = ["LID", "LID0", "LID1"].map((lid) => `/proc/acpi/button/lid/${lid}/state`);

export async function isLidClosed(files: readonly string[] = LIDS): Promise<boolean> {
  const states = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return states.some((state) => /\bclosed\b/.test(state));
}
