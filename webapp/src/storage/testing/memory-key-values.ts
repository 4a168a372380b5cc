/** A `KeyValues` that forgets, for tests. */
import type { KeyValues } from "../key-values.ts";

export function memoryKeyValues<Value>(): KeyValues<Value> & {
  readonly entries: Map<string, Value>;
} {
  const entries = new Map<string, Value>();
  return {
    entries,
    get: async (key) => entries.get(key),
    keys: async () => [...entries.keys()],
    async setMany(added) {
      for (const [key, value] of added) entries.set(key, value);
    },
    async deleteMany(keys) {
      for (const key of keys) entries.delete(key);
    },
  };
}
