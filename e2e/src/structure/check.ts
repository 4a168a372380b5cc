/** What the structure must hold: a complete map, small folders, no circle, no import upwards. */
import { dirname } from "node:path";
import { findCircles } from "./circles.ts";
import { type Folder, partOf } from "./map.ts";
import type { Imports } from "./sources.ts";

/** Files in a folder that a reader still takes in at a glance. */
export const MAX_FILES = 15;

export interface Structure {
  readonly folders: readonly (Folder & { readonly files: number })[];
  /** `FILE imports FILE`, from a lower folder to a higher one of the same part. */
  readonly upward: readonly string[];
  readonly circles: readonly (readonly string[])[];
  /** What the map or a folder gets wrong, as sentences. */
  readonly faults: readonly string[];
}

export function checkStructure(map: readonly Folder[], imports: Imports): Structure {
  const counts = new Map<string, number>();
  for (const file of imports.keys())
    counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  const folders = map.map((folder) => ({ ...folder, files: counts.get(folder.path) ?? 0 }));
  return {
    folders,
    upward: findUpward(map, imports),
    circles: findCircles(imports),
    faults: [...mapFaults(map, counts), ...sizeFaults(counts)],
  };
}

/**
 * Not of Rust, whose modules contain each other, nor of a door (`index.ts`), which gives out what
 * lies below it in folders of their own.
 */
function findUpward(map: readonly Folder[], imports: Imports): string[] {
  const rank = new Map(map.map(({ path }, at) => [path, at]));
  const isUpward = (from: string, to: string) =>
    partOf(from) === partOf(to) && (rank.get(dirname(from)) ?? 0) > (rank.get(dirname(to)) ?? 0);
  return [...imports].flatMap(([file, targets]) =>
    file.endsWith(".rs") || file.endsWith("/index.ts")
      ? []
      : targets
          .filter((target) => isUpward(file, target))
          .map((target) => `${file} imports ${target}`),
  );
}

function mapFaults(map: readonly Folder[], counts: ReadonlyMap<string, number>): string[] {
  const named = map.map(({ path }) => path);
  return [
    ...[...counts.keys()]
      .filter((folder) => !named.includes(folder))
      .map((folder) => `${folder}/ is missing from the map in CONTRIBUTING.md`),
    ...named
      .filter((path) => !counts.has(path))
      .map((path) => `${path}/ is in the map in CONTRIBUTING.md and holds no source file`),
    ...named
      .filter((path, at) => named.indexOf(path) !== at)
      .map((path) => `${path}/ is in the map in CONTRIBUTING.md twice`),
  ];
}

function sizeFaults(counts: ReadonlyMap<string, number>): string[] {
  return [...counts]
    .filter(([, files]) => files > MAX_FILES)
    .map(([folder, files]) => `${folder}/ has ${files} source files, more than ${MAX_FILES}`);
}
