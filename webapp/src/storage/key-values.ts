/**
 * Where the page keeps things: names with values, in IndexedDB. In tests a plain Map takes its
 * place.
 */
import { InfieldError } from "@infield/shared/base";
import { createStore, delMany, get, keys, setMany, type UseStore } from "idb-keyval";

export interface KeyValues<Value> {
  get(key: string): Promise<Value | undefined>;
  keys(): Promise<string[]>;
  /** All of them or, without disk space, none. Throws `no-space`. */
  setMany(entries: readonly (readonly [string, Value])[]): Promise<void>;
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
    deleteMany: (names) => delMany([...names], store()).catch(rethrow),
  };
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
