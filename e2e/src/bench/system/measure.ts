/** What is measured of each pair of trees: our command, then the other one. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cost, Meter } from "../contest/meter.ts";
import { hdiffz } from "../peers/on-tars.ts";
import type { Measured, Row } from "./report.ts";
import type { TreePair } from "./trees.ts";

const INFIELD = fileURLToPath(new URL("../../../../agent/bin/infield.js", import.meta.url));

/** A repository, made by our command line, and a root beside it. */
class Laptop {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#infield("channel", "create", "bench", ...this.#place());
  }

  /** Makes a release; bytes are those of its blob. */
  release(tree: string, ...options: readonly string[]): Measured {
    const [cost, printed] = this.#infield(
      ...["release", "create", ...this.#place(), "--tree", tree],
      ...["--level", "fast", "--no-xattrs", "--json", ...options],
    );
    const { blobs } = JSON.parse(printed) as { blobs: readonly { readonly bytes: number }[] };
    return { ...cost, bytes: blobs[0]?.bytes };
  }

  install(): Measured {
    return this.#infield(
      "install",
      join(this.#folder, "repository"),
      "--root",
      this.#root(),
      "--system",
    )[0];
  }

  #root(): string {
    return join(this.#folder, "root");
  }

  #place(): string[] {
    return ["-d", join(this.#folder, "repository"), "--key", join(this.#folder, "key")];
  }

  #infield(...words: readonly string[]): [Cost, string] {
    const meter = new Meter(this.#folder, new Map());
    const printed = meter.run(process.execPath, INFIELD, ...words);
    return [meter.cost, printed];
  }
}

function shell(folder: string, script: string, ...args: readonly string[]): Measured {
  const meter = new Meter(folder, new Map());
  meter.run("sh", "-ec", script, "sh", ...args);
  return meter.cost;
}

const PACK = 'tar -C "$1" --sort=name -cf - . | xz -6 -T2 > full.tar.xz';
const UNPACK = "mkdir out; tar -C out -xJf full.tar.xz; sync -f out; rm -rf out";

/** A full install, made and installed. */
export function measureFull(
  folder: string,
  name: string,
  tree: string,
  { sizeGoal }: { readonly sizeGoal: number },
): Row[] {
  const laptop = new Laptop(folder);
  const made = laptop.release(tree);
  const packed = shell(folder, PACK, tree);
  const bytes = statSync(join(folder, "full.tar.xz")).size;
  const installed = laptop.install();
  const unpacked = shell(folder, UNPACK);
  return [
    { name: `${name}, full release`, ours: made, theirs: packed, peer: "tar, xz -6 -T2", goal: 1 },
    {
      name: `${name}, full release`,
      unit: "bytes",
      ...{ ours: made, theirs: { ...packed, bytes }, peer: "tar, xz -6 -T2", goal: sizeGoal },
    },
    {
      name: `${name}, installing it`,
      ours: installed,
      theirs: unpacked,
      peer: "tar -xJ, sync",
      goal: 1.5,
    },
  ];
}

/** The delta to the next version, for the laptop that `measureFull` left in `folder`. */
export function measureDelta(folder: string, { old, next }: TreePair): Row[] {
  const laptop = new Laptop(join(folder, "delta"));
  laptop.release(old);
  laptop.install();
  const made = laptop.release(next, "--from", old);
  const updated = laptop.install();
  shell(
    folder,
    'for tree; do tar -C "$tree" --sort=name -cf "$(basename "$tree").tar" .; done',
    old,
    next,
  );
  const tar = (tree: string) => `${tree.split("/").at(-1)}.tar`;
  const meter = new Meter(folder, new Map());
  meter.run(...hdiffz("-m-1", tar(old), tar(next), "delta.hdiff"));
  const bytes = statSync(join(folder, "delta.hdiff")).size;
  const theirs = { ...meter.cost, bytes };
  const patched = shell(
    folder,
    'hpatchz "$1" delta.hdiff patched.tar; sync -f .; rm patched.tar',
    tar(old),
  );
  const names = { name: "a system, delta of its updates", peer: "hdiffz -m-1, lzma2" };
  return [
    { ...names, ours: made, theirs, goal: 1 },
    { ...names, unit: "bytes", ours: made, theirs, goal: 0.5 },
    { name: "a system, updating", ours: updated, theirs: patched, peer: "hpatchz, sync" },
  ];
}

/** Bytes that each of our commands may take with many small files. */
const MiB = 2 ** 20;
const SMALL_GOALS = { full: 300 * MiB, delta: 300 * MiB, install: 150 * MiB, update: 120 * MiB };

export function measureSmall(folder: string, { old, next }: TreePair): Row[] {
  const laptop = new Laptop(folder);
  const full = laptop.release(old);
  const packed = shell(folder, PACK, old);
  const install = laptop.install();
  const unpacked = shell(folder, UNPACK);
  const delta = laptop.release(next, "--from", old);
  const update = laptop.install();
  const rows = (name: string, ours: Measured, goalBytes: number, theirs?: Measured, peer = "") => [
    { name: `50,000 small files, ${name}`, ours, theirs, peer },
    { name: `50,000 small files, ${name}`, unit: "memory" as const, ours, goalBytes },
  ];
  return [
    ...rows("full release", full, SMALL_GOALS.full, packed, "tar, xz -6 -T2"),
    ...rows("delta", delta, SMALL_GOALS.delta),
    ...rows("installing", install, SMALL_GOALS.install, unpacked, "tar -xJ, sync"),
    ...rows("updating", update, SMALL_GOALS.update),
  ];
}

/** Creating and applying, beside what xz takes for the zeros alone. */
export function measureZeros(folder: string, { old, next }: TreePair): Row[] {
  mkdirSync(folder, { recursive: true });
  const ours = (...words: readonly string[]): Measured => {
    const meter = new Meter(folder, new Map());
    meter.run(process.execPath, INFIELD, "delta", ...words);
    return meter.cost;
  };
  const made = ours("create", old, next, "-o", join(folder, "delta"), "--no-xattrs");
  const applied = ours("apply", old, join(folder, "delta"), "-o", join(folder, "out"));
  const zeros = join(next, "zeros");
  const packed = shell(folder, 'xz -6 -T2 -c "$1" > zeros.xz', zeros);
  const unpacked = shell(folder, "xz -d -c zeros.xz > zeros");
  const name = "20 MB of zeros beside a tree";
  return [
    { name: `${name}, delta`, ours: made, theirs: packed, peer: "xz -6 of the zeros", goal: 1.5 },
    { name: `${name}, applying`, ours: applied, theirs: unpacked, peer: "xz -d", goal: 1.5 },
  ];
}
