/**
 * Where the page keeps things: names with values, in IndexedDB. In tests a plain Map takes its
 * place.
 */
import { InfieldError } from "@infield/shared/base";
import {
  createStore,
  delMany,
  get,
  keys,
  promisifyRequest,
  setMany,
  type UseStore,
} from "idb-keyval";

export interface KeyValues<Value> {
  get(key: string): Promise<Value | undefined>;
  keys(): Promise<string[]>;
  /** All of them or, without disk space, none. Throws `no-space`. */
  setMany(entries: readonly (readonly [string, Value])[]): Promise<void>;
  /**
   * The same, unless one of the keys `taken` is there: then it resolves to false, and nothing has
   * changed. Of two tabs that do so at once, one succeeds.
   */
  setManyUnless(
    taken: readonly string[],
    entries: readonly (readonly [string, Value])[],
  ): Promise<boolean>;
  /** All of them or none; missing ones are ignored. */
  deleteMany(keys: readonly string[]): Promise<void>;
}

/** A store in a database of its own. Opened on first use. */
export function openKeyValues<Value>(database: string): KeyValues<Value> {
  let opened: UseStore | undefined;
  const store = () => {
    opened ??= createStore(database, "entries");
    return opened;
  };
  return {
    get: (key) => get<Value>(key, store()).catch(rethrow),
    keys: () => keys<string>(store()).catch(rethrow),
    setMany: (entries) =>
      setMany(
        entries.map(([key, value]) => [key, value]),
        store(),
      ).catch(rethrow),
    setManyUnless: (taken, entries) =>
      store()("readwrite", (objects) => putUnless(objects, taken, entries)).catch(rethrow),
    deleteMany: (names) => delMany([...names], store()).catch(rethrow),
  };
}

/** In one transaction, which nothing else can come into. */
async function putUnless(
  objects: IDBObjectStore,
  taken: readonly string[],
  entries: readonly (readonly [string, unknown])[],
): Promise<boolean> {
  for (const key of taken)
    if ((await promisifyRequest(objects.getKey(key))) !== undefined) return false;
  for (const [key, value] of entries) objects.put(value, key);
  await promisifyRequest(objects.transaction);
  return true;
}

function rethrow(error: unknown): never {
  throw toStorageError(error);
}

/** A browser's failure to store something, as an error a person can act on. */
export function toStorageError(error: unknown): InfieldError {
  const name = error instanceof Error ? error.name : "";
  if (name === "QuotaExceededError") {
    return new InfieldError(
      "no-space",
      "this browser has no space left for the release",
      "free some disk space and try again; nothing was saved",
      error,
    );
  }
  return new InfieldError(
    "io-failed",
    `this browser cannot save anything (${name || "unknown reason"})`,
    "allow storage for this page, leave private browsing, and try again",
    error,
  );
}
