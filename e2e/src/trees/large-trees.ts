/**
 * Pairs of large trees, the same every time: files of a megabyte of noise, of which some differ
 * between the two.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const MB = 1_000_000;
/** Files of one folder, as trees have them. */
const FOLDER_FILES = 100;
export interface LargePair {
  readonly old: string;
  readonly next: string;
}

/** Bytes that look random and are the same every time. */
export function noise(seed: string, bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, i) =>
    createHash("sha256").update(`${seed} ${i}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}

export interface Edits {
  /** Every how manyth file is edited. */
  readonly every: number;
  /** Bytes that are new in the middle of each. */
  readonly bytes: number;
}

/** Writes `FOLDER/old` and `FOLDER/next`, of `megabytes` files each; some are edited in `next`. */
export function writeLargePair(folder: string, megabytes: number, edits: Edits): LargePair {
  const [old, next] = [join(folder, "old"), join(folder, "next")];
  const block = noise("block", MB);
  for (let i = 0; i < megabytes; i++) {
    const place = join(`folder ${Math.floor(i / FOLDER_FILES)}`, `${i}.bin`);
    const content = permute(block, i);
    for (const tree of [old, next]) {
      if (i % FOLDER_FILES === 0)
        mkdirSync(join(tree, `folder ${i / FOLDER_FILES}`), { recursive: true });
      const edited = tree === next && i % edits.every === 0;
      writeFileSync(
        join(tree, place),
        edited ? insert(content, noise(`edit ${i}`, edits.bytes)) : content,
      );
    }
  }
  return { old, next };
}

/** Each block is its own permutation, so that the tree does not repeat itself. */
export function permute(block: Buffer, index: number): Buffer {
  const key = createHash("sha256").update(String(index)).digest();
  return Buffer.from(block.map((byte, at) => byte ^ (key[at % 32] ?? 0)));
}

function insert(content: Buffer, added: Buffer): Buffer {
  const middle = content.length / 2;
  return Buffer.concat([content.subarray(0, middle), added, content.subarray(middle)]);
}
