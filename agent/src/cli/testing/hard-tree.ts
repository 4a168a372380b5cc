/** A tree with everything that real systems have and programs trip over. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const MODES = { "read-only": 0o444, program: 0o755, setuid: 0o4755 } as const;
const NAMES = [
  "مرحبا/بالعالم.txt",
  "ភាសាខ្មែរ/សៀវភៅ.txt",
  "back\\slash\\file",
  "README",
  "readme",
  "with space -> arrow",
  "per%cent\nline",
  "deep/er/than/that",
];

/**
 * Writes the tree; `edition` makes its files' bytes, so that two editions differ in all of them.
 */
export function writeHardTree(folder: string, edition: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of NAMES) writeFile(join(folder, name), `${edition} of ${name}\n`.repeat(50));
  for (const [name, mode] of Object.entries(MODES)) {
    writeFile(join(folder, name), `${edition} ${name}`);
    chmodSync(join(folder, name), mode);
  }
  writeFile(join(folder, "empty file"), "");
  mkdirSync(join(folder, "empty folder"));
  symlinkSync("/etc/hostname", join(folder, "absolute"));
  symlinkSync(`nowhere/${edition}`, join(folder, "dangling"));
  symlinkSync("../../../../outside", join(folder, "upwards"));
}

function writeFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
