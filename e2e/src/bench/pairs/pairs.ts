/**
 * Pairs of trees: an old version of something real, and the next. Ours come from public registries
 * (pairs.json); others from a folder.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { addPackage, type PinnedPackage } from "./fetch-package.ts";
import { keptFolder } from "./kept.ts";
import known from "./pairs.json" with { type: "json" };

export interface Pair {
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
  readonly security: boolean;
  readonly old: string;
  readonly next: string;
}
export interface FoundPairs {
  readonly pairs: readonly Pair[];
  /** Pairs that cannot be laid out here, a sentence each. */
  readonly missing: readonly string[];
}

/** Every `FOLDER/PAIR/{old,new}`. */
export function listPairs(folder: string): FoundPairs {
  const names = readdirSync(folder).filter((name) =>
    (["old", "new"] as const).every((age) => existsSync(join(folder, name, age))),
  );
  return { pairs: names.map((name) => locatePair(folder, name)), missing: [] };
}

/** The pinned pairs, fetched unless an earlier run did. */
export function fetchPairs(): FoundPairs {
  const pairs: Pair[] = [];
  const missing: string[] = [];
  for (const { name } of known) {
    try {
      pairs.push(layOut(name));
    } catch (error) {
      missing.push(`${name} (${error instanceof Error ? error.message : error})`);
    }
  }
  return { pairs, missing };
}

/** Trees are built aside and renamed, so that half of one is never taken for a whole one. */
function layOut(name: string): Pair {
  const folder = keptFolder("pairs");
  const pair = locatePair(folder, name);
  for (const [age, tree] of [
    ["old", pair.old],
    ["new", pair.next],
  ] as const) {
    if (existsSync(tree)) continue;
    const aside = join(folder, `.${name}-${age}`);
    rmSync(aside, { recursive: true, force: true });
    for (const wanted of packagesOf(name, age)) addPackage(wanted, aside);
    mkdirSync(join(folder, name), { recursive: true });
    renameSync(aside, tree);
  }
  return pair;
}

function packagesOf(pair: string, age: "old" | "new"): PinnedPackage[] {
  const packages = known.find(({ name }) => name === pair)?.packages ?? [];
  return packages.map((item) => {
    const [version = "", sha256 = ""] = item[age];
    return { from: registryOf(item.from), name: item.name, version, sha256 };
  });
}

function registryOf(from: string): PinnedPackage["from"] {
  if (from === "apt" || from === "npm" || from === "pip") return from;
  throw new Error(`pairs.json names a registry nobody knows: ${from}`);
}

function locatePair(folder: string, name: string): Pair {
  const pair = known.find((item) => item.name === name);
  return {
    name,
    about: pair?.about ?? name,
    security: pair?.security ?? false,
    old: join(folder, name, "old"),
    next: join(folder, name, "new"),
  };
}
