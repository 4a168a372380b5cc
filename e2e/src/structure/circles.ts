/** Circles of imports: strongly connected components with more than one file (Tarjan, 1972). */
import type { Imports } from "./sources.ts";

/** Each circle as the files in it, sorted. */
export function findCircles(imports: Imports): string[][] {
  const search: Search = { imports, order: new Map(), lowest: new Map(), path: [], circles: [] };
  for (const file of imports.keys()) if (!search.order.has(file)) visit(search, file);
  return search.circles;
}

interface Search {
  readonly imports: Imports;
  /** When a file was reached first. */
  readonly order: Map<string, number>;
  /** The earliest file of the path that leads back from there. */
  readonly lowest: Map<string, number>;
  readonly path: string[];
  readonly circles: string[][];
}

function visit(search: Search, file: string): void {
  const { order, lowest, path } = search;
  const own = order.size;
  order.set(file, own);
  lowest.set(file, own);
  path.push(file);
  for (const next of search.imports.get(file) ?? []) {
    if (!order.has(next)) visit(search, next);
    else if (!path.includes(next)) continue;
    lowest.set(file, Math.min(lowestOf(search, file), lowestOf(search, next)));
  }
  if (lowestOf(search, file) === own) closeCircle(search, file);
}

function lowestOf({ lowest }: Search, file: string): number {
  return lowest.get(file) ?? Number.POSITIVE_INFINITY;
}

function closeCircle({ path, circles }: Search, first: string): void {
  const circle = path.splice(path.indexOf(first));
  if (circle.length > 1) circles.push(circle.sort());
}
