/**
 * The channel of the laboratory: trees made from a seed, so that every run moves the same bytes.
 */
import { createCipheriv } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Blob, type Channel, createChannel } from "../../harness/channel.ts";

export class LabChannel {
  readonly #folder: string;
  readonly #channel: Channel;
  readonly #blobs = new Map<number, readonly Blob[]>();

  private constructor(folder: string, channel: Channel) {
    this.#folder = folder;
    this.#channel = channel;
  }

  static async create(folder: string): Promise<LabChannel> {
    return new LabChannel(folder, await createChannel(folder, "Laboratory"));
  }

  /** 64 hex digits. */
  get id(): string {
    return this.#channel.id;
  }

  get repository(): string {
    return this.#channel.repository;
  }

  /** The tree of a version; whoever releases it writes it there. */
  tree(version: number): string {
    return join(this.#folder, "trees", String(version));
  }

  /**
   * Signs the tree of a version as its release. `from`: versions to make deltas from; `empty`: a
   * full install.
   */
  async release(
    version: number,
    from: readonly (number | "empty")[],
    ...more: string[]
  ): Promise<void> {
    const bases = from.flatMap((base) => ["--from", base === "empty" ? base : this.tree(base)]);
    const { blobs } = await this.#channel.release(this.tree(version), ...bases, ...more);
    this.#blobs.set(version, blobs);
  }

  /** Bytes of the blob that leads to this version from another, 0 for none. */
  blobBytes(version: number, from: number): number {
    const blob = this.#blobs.get(version)?.find((one) => one.from === from);
    if (blob === undefined) throw new Error(`version ${version} has no blob from ${from}`);
    return blob.bytes;
  }
}

/** A tree as a class may have it: lessons as text, and pictures. */
export interface TreePlan {
  readonly texts: number;
  readonly pictures: number;
}
const TEXT_LINES = 400;
const PICTURE_BYTES = 64 * 1024;

/** Writes a tree of version 1. */
export function writeFirstTree(tree: string, { texts, pictures }: TreePlan): void {
  for (let i = 0; i < texts; i++) write(tree, `lessons/${i % 20}/${i}.txt`, text(i));
  for (let i = 0; i < pictures; i++)
    write(tree, `pictures/${i}.jpg`, noise(`picture ${i}`, PICTURE_BYTES));
}

/**
 * Writes the tree of a later version: the earlier one, with edited texts and with new pictures,
 * which no delta makes smaller. Pictures of the same `place` are one in place of the other.
 */
export function writeNextTree(
  earlier: string,
  tree: string,
  version: number,
  edits: TreePlan,
  place = version,
): void {
  cpSync(earlier, tree, { recursive: true });
  for (let i = 0; i < edits.texts; i++) {
    const path = join(tree, `lessons/${i % 20}/${i}.txt`);
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace(/page 7.*\n$/, `page 7 of edition ${version}\n`),
    );
  }
  for (let i = 0; i < edits.pictures; i++)
    write(tree, `pictures/new-${place}-${i}.jpg`, noise(`picture ${version} ${i}`, PICTURE_BYTES));
}

function text(seed: number): string {
  const line = (i: number) =>
    `${i}: child ${(i * 7919 + seed) % 31} reads page ${(i * seed) % 1000} aloud`;
  return `${Array.from({ length: TEXT_LINES }, (_, i) => line(i)).join("\n")}\npage 7\n`;
}

/** Bytes that do not compress, the same each time. */
function noise(seed: string, bytes: number): Buffer {
  const key = Buffer.alloc(16, seed);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

function write(root: string, path: string, content: string | Buffer): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
