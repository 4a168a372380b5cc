/** Temporary folders that are gone when the test, or the classroom, ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];

export function tempFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `infield-${name}-`));
  made.push(folder);
  return folder;
}

export function removeTempFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}
