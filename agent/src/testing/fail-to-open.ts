/** Opening files fails, for every module and in every way in which Infield opens them to read. */
import fs from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { vi } from "vitest";

/** What `isHit` says yes to cannot be opened, with this error of the system. */
export function failToOpen(isHit: (path: string) => boolean, code: string): void {
  const { open } = promises;
  const { openSync } = fs;
  const check = (path: unknown) => {
    if (isHit(String(path))) throw Object.assign(new Error(code), { code });
  };
  vi.spyOn(promises, "open").mockImplementation(async (path, ...more) => {
    check(path);
    return open(path, ...more);
  });
  vi.spyOn(fs, "openSync").mockImplementation((path, ...more) => {
    check(path);
    return openSync(path, ...more);
  });
  syncBuiltinESMExports();
}

/** Files open again. */
export function letOpen(): void {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
}
