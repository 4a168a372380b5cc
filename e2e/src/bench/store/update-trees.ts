/**
 * A tree as systems have them, and its next version: 7,000 files of all sizes, 200 MB, half text
 * and half programs' noise, of which one in twenty is edited in a few places. The same every time.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MB, noise } from "../../trees/large-trees.ts";

const FILES = 7_000;
const TREE_BYTES = 200 * MB;
/** Files of one folder: what /usr of a Debian desktop has on average, rounded. */
const FOLDER_FILES = 10;
/** Every how manyth file is edited. */
const EDITED = 20;
/** Files are cut from this many bytes of text, or of noise. */
const SOURCE_BYTES = 4 * MB;
/** An edited file differs in this many bytes, at every so manyth place. */
const EDIT_BYTES = 64;
const EDIT_EVERY = 8_192;

export interface UpdatePair {
  readonly old: string;
  readonly next: string;
  /** Of the files that differ, in `next`. */
  readonly changedBytes: number;
  /** The same in whole blocks of the disk. */
  readonly changedDiskBytes: number;
  /** The whole of `next`, with its directories. */
  readonly treeDiskBytes: number;
}

/**
 * Writes `FOLDER/old` and `FOLDER/next`. What did not change has the same times in both, as a
 * mirror's files do.
 */
export function writeUpdatePair(folder: string): UpdatePair {
  const [old, next] = [join(folder, "old"), join(folder, "next")];
  const text = twice(Buffer.from(prose(SOURCE_BYTES)));
  const program = twice(noise("program", SOURCE_BYTES));
  for (const [index, bytes] of sizes().entries()) {
    const path = join(old, pathOf(index));
    if (index % FOLDER_FILES === 0) mkdirSync(dirname(path), { recursive: true });
    const source = index % 2 === 0 ? text : program;
    writeFileSync(path, cut(source, index * 7_919, bytes));
  }
  execFileSync("cp", ["-a", old, next]);
  const edited = Array.from({ length: FILES / EDITED }, (_, index) =>
    join(next, pathOf(index * EDITED + ((index * 13) % EDITED))),
  );
  for (const path of edited) writeFileSync(path, edit(readFileSync(path)));
  const stats = edited.map((path) => statSync(path));
  return {
    ...{ old, next },
    changedBytes: stats.reduce((total, { size }) => total + size, 0),
    changedDiskBytes: stats.reduce((total, { blocks }) => total + blocks * 512, 0),
    treeDiskBytes: diskBytes(next),
  };
}

/**
 * What a folder takes on the disk, with its directories, in whole blocks; what it shares with
 * `beside` does not count.
 */
export function diskBytes(folder: string, ...beside: string[]): number {
  const lines = execFileSync("du", ["-s", "--block-size=1", ...beside, folder], {
    encoding: "utf8",
  });
  return Number.parseInt(lines.trimEnd().split("\n").at(-1) ?? "", 10);
}

/**
 * Few are large, most are small: each of a hundred steps is a twentieth larger than the one before.
 */
function sizes(): number[] {
  const weights = Array.from({ length: FILES }, (_, index) => 1.05 ** ((index * 37) % 100));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => Math.round((weight / total) * TREE_BYTES));
}

function pathOf(index: number): string {
  const folder = Math.floor(index / FOLDER_FILES);
  return join(`part${folder % 20}`, `package${folder}`, `file${index}`);
}

/**
 * Bytes of `source`, which is there twice, from somewhere in its first half; the first four say
 * where.
 */
function cut(source: Buffer, start: number, bytes: number): Buffer {
  const at = start % SOURCE_BYTES;
  const piece = Buffer.from(source.subarray(at, at + bytes));
  piece.writeUInt32LE(start, 0);
  return piece;
}

const twice = (bytes: Buffer) => Buffer.concat([bytes, bytes]);

function edit(content: Buffer): Buffer {
  const copy = Buffer.from(content);
  for (let at = EDIT_EVERY / 2; at < copy.length; at += EDIT_EVERY)
    noise(`edit ${at}`, EDIT_BYTES).copy(copy, at);
  copy.writeUInt32LE(0xed17, 4);
  return copy;
}

function prose(bytes: number): string {
  const words = [
    "class",
    "laptop",
    "reads",
    "village",
    "story",
    "teacher",
    "update",
    "the",
    "and",
    "writes",
    "under",
  ];
  let text = "";
  for (let count = 0; text.length < bytes; count++)
    text += `${words[(count * count + (count >> 3)) % words.length]} `;
  return text;
}
