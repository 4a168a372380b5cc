/**
 * The level that was chosen last: a volunteer who prepares for laptops with little memory does so
 * every time.
 */
import { DEFAULT_LEVEL, LEVEL_NAMES, type Level } from "@infield/shared/delta";

const KEY = "infield-level";

export function loadLevel(storage: Pick<Storage, "getItem">): Level {
  const kept = storage.getItem(KEY);
  return LEVEL_NAMES.find((level) => level === kept) ?? DEFAULT_LEVEL;
}

export function saveLevel(storage: Pick<Storage, "setItem">, level: Level): void {
  storage.setItem(KEY, level);
}
