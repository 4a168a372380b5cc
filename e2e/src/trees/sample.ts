/**
 * A small sample channel: two versions of a tree that looks like a laptop's activities, as a class
 * would have them.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes version 1 and version 2 of the sample tree as `FOLDER/1` and `FOLDER/2`. */
export function writeSampleTrees(folder: string): { old: string; next: string } {
  const [old, next] = [join(folder, "1"), join(folder, "2")];
  for (const [root, version] of [
    [old, 1],
    [next, 2],
  ] as const) {
    writeText(root, "release", `sample ${version}\n`);
    writeText(
      root,
      "bin/check",
      "#!/bin/sh\n# The health check: the tree is whole when its parts are there.\n" +
        'test -s "$(dirname "$0")/../release"\n',
    );
    chmodSync(join(root, "bin/check"), 0o755);
    writeText(root, "activities/write/stories.txt", story(version));
    writeText(root, "activities/الكتابة/قصة.txt", "كان يا ما كان\n".repeat(version));
    writeText(root, "activities/ភាសាខ្មែរ/រឿង.txt", "កាលពីព្រេងនាយ\n".repeat(version));
    symlinkSync("write/stories.txt", join(root, "activities/latest"));
  }
  writeText(next, "activities/write/new-in-2.txt", "this file came with version 2\n");
  return { old, next };
}

function writeText(root: string, path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Long enough that a delta is worth its name: a few lines of many differ between the versions. */
function story(version: number): string {
  const lines = Array.from(
    { length: 2000 },
    (_, i) => `${i}: the ${i % 7}th child of the village reads page ${(i * 7919) % 1000}`,
  );
  for (let i = 0; i < lines.length; i += 500) lines[i] = `${i}: told again for version ${version}`;
  return `${lines.join("\n")}\n`;
}
