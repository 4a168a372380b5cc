/**
 * The same layers as rules for biome, so that an editor shows an import upwards as it is typed.
 * biome.json extends the file; where two entries are for one file, biome takes the later one whole,
 * so each repeats the border of its part.
 */
import { relative } from "node:path";
import { type Folder, partOf } from "./map.ts";

export const BIOME_LAYERS = "biome.layers.json";

interface Border {
  readonly group: readonly string[];
  readonly message: string;
}

/** What no file of a part imports. */
const BORDERS: Readonly<Record<string, Border>> = {
  shared: {
    group: ["node:*", "@infield/**"],
    message: "shared is platform-free and imports no other part (docs/architecture.md)",
  },
  wasm: {
    group: ["@infield/{agent,webapp,e2e}", "@infield/{agent,webapp,e2e}/**"],
    message: "wasm imports nothing but shared (docs/architecture.md)",
  },
  webapp: {
    group: ["node:*", "@infield/{agent,e2e}", "@infield/{agent,e2e}/**", "@infield/wasm/node"],
    message: "the page runs in a browser and never imports the agent (docs/architecture.md)",
  },
  agent: {
    group: [
      "@infield/{webapp,e2e}",
      "@infield/{webapp,e2e}/**",
      "@infield/wasm/web",
      "preact",
      "preact/*",
    ],
    message: "the agent never imports the page (docs/architecture.md)",
  },
};

/** The text of biome.layers.json. */
export function biomeLayers(map: readonly Folder[]): string {
  const parts = Object.keys(BORDERS).map((part) => entry([`${part}/**`], borderOf(part)));
  const folders = map.map(({ path }, at) =>
    entry(
      [`${path}/*.{ts,tsx}`, "!**/*.test.{ts,tsx}", "!**/index.ts"],
      [...borderOf(partOf(path)), ...layerOf(path, map.slice(0, at))],
    ),
  );
  return `${JSON.stringify({ overrides: [...parts, ...folders].flat() }, null, 2)}\n`;
}

function borderOf(part: string): Border[] {
  const border = BORDERS[part];
  return border === undefined ? [] : [border];
}

function layerOf(path: string, above: readonly Folder[]): Border[] {
  const group = above
    .filter((folder) => partOf(folder.path) === partOf(path))
    .map((folder) => `${relativeFolder(path, folder.path)}/*.{ts,tsx}`);
  return group.length === 0
    ? []
    : [{ group, message: "a folder imports only from those below it (CONTRIBUTING.md)" }];
}

/** As an import says it: `../store/root`, or `.` and what follows for a folder inside. */
function relativeFolder(from: string, to: string): string {
  const path = relative(from, to);
  return path.startsWith(".") ? path : `./${path}`;
}

function entry(includes: readonly string[], patterns: readonly Border[]): object[] {
  if (patterns.length === 0) return [];
  const noRestrictedImports = { level: "error", options: { patterns } };
  return [{ includes, linter: { rules: { style: { noRestrictedImports } } } }];
}
