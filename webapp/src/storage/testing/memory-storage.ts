/** The page's stores in memory, for tests. */
import type { KeyValues } from "../key-values.ts";

interface MemoryKeyValues<Value> extends KeyValues<Value> {
  readonly entries: Map<string, Value>;
}

export function memoryStorage(): {
  readonly files: MemoryKeyValues<Blob>;
  readonly keys: MemoryKeyValues<string>;
} {
  return { files: memoryKeyValues(), keys: memoryKeyValues() };
}

export function memoryKeyValues<Value>(): MemoryKeyValues<Value> {
  const entries = new Map<string, Value>();
  return {
    entries,
    get: async (key) => entries.get(key),
    keys: async () => [...entries.keys()],
    async setMany(added) {
      for (const [key, value] of added) entries.set(key, value);
    },
    async setManyUnless(taken, added) {
      if (taken.some((key) => entries.has(key))) return false;
      for (const [key, value] of added) entries.set(key, value);
      return true;
    },
    async deleteMany(keys) {
      for (const key of keys) entries.delete(key);
    },
  };
}
