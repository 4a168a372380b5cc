/**
 * Forty releases of one tree: a real package of text files, and beside it a program. Each release
 * edits some files and a part of the program, most of it where earlier releases edited too, as
 * people work on what they worked on before. The same every time.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MB, noise } from "../../trees/large-trees.ts";
import { TEXT } from "../../trees/packages.ts";

const PROGRAM_BYTES = MB;
/** Stretches of the program that a release changes, and their bytes. */
const STRETCHES = 800;
const STRETCH_BYTES = 24;
/** Source files that a release changes, and lines of each. */
const SOURCES = 24;
const LINES = 6;
/** Of all places that could change, so many in a hundred are those that do, nine times in ten. */
const HOT_PERCENT = 15;

/**
 * Writes the tree of release 1 … `releases` to `FOLDER/1` …; each begins as a copy of the one
 * before.
 */
export function writeHistory(folder: string, releases: number): string[] {
  const trees = Array.from({ length: releases }, (_, index) => join(folder, String(index + 1)));
  cpSync(join(TEXT.next, "src"), trees[0] ?? "", { recursive: true });
  writeFileSync(join(trees[0] ?? "", "program"), noise("program", PROGRAM_BYTES));
  for (let release = 2; release <= releases; release++) {
    const tree = trees[release - 1] ?? "";
    cpSync(trees[release - 2] ?? "", tree, { recursive: true });
    edit(tree, release);
  }
  return trees;
}

function edit(tree: string, release: number): void {
  const choose = chooser(`release ${release}`);
  const program = readFileSync(join(tree, "program"));
  for (let count = 0; count < STRETCHES; count++) {
    const at = choose(PROGRAM_BYTES - STRETCH_BYTES);
    noise(`stretch ${release} ${count}`, STRETCH_BYTES).copy(program, at);
  }
  writeFileSync(join(tree, "program"), program);
  const sources = readdirSync(tree, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort();
  for (let count = 0; count < SOURCES; count++) {
    const path = join(tree, sources[choose(sources.length)] ?? "");
    writeFileSync(path, editLines(readFileSync(path, "utf8"), choose, release));
  }
}

function editLines(text: string, choose: (below: number) => number, release: number): string {
  const lines = text.split("\n");
  for (let count = 0; count < LINES; count++) {
    const line = choose(lines.length);
    lines[line] =
      `${lines[line]} // release ${release}, change ${count}: ${noise(`${release} ${line}`, 12).toString("hex")}`;
  }
  return lines.join("\n");
}

/** Whole numbers below a bound, of which the first few come most often. */
function chooser(seed: string): (below: number) => number {
  const random = noise(seed, 64 * 1024);
  let at = 0;
  return (below) => {
    const [hot, place] = [random.readUInt16LE(at), random.readUInt32LE(at + 2)];
    at = (at + 6) % (random.length - 6);
    return place % Math.max(1, hot % 10 === 0 ? below : Math.floor((below * HOT_PERCENT) / 100));
  };
}
