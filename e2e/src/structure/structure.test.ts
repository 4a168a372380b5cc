/** The checks of the structure, on small trees; CI runs them on the project (`npm run structure`). */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { biomeLayers } from "./biome-layers.ts";
import { checkStructure, MAX_FILES } from "./check.ts";
import { readMap } from "./map.ts";
import { importedModules } from "./rust-modules.ts";
import { findWideLines, listSources, readImports } from "./sources.ts";

afterAll(removeTempFolders);

const BIOME = fileURLToPath(new URL("../../../node_modules/.bin/biome", import.meta.url));

/** What biome prints, as far as it is looked at here. */
interface Findings {
  readonly diagnostics: readonly { readonly location: { readonly path: string } }[];
}

const MAP = readMap(`
# Where things are

| folder | purpose |
|---|---|
| \`agent/src/daemon/\` | puts the parts together |
| \`agent/src/host/\` | what the machine gives |

| command | purpose |
|---|---|
| \`npm test\` | everything |
`);

const imports = (...files: [string, string[]][]) => new Map(files);

describe("the map", () => {
  it("is every row whose first column is a folder, in order", () => {
    expect(MAP).toEqual([
      { path: "agent/src/daemon", purpose: "puts the parts together" },
      { path: "agent/src/host", purpose: "what the machine gives" },
    ]);
  });

  it("must name every folder that holds source files, once, and no other", () => {
    const twice = [...MAP, ...MAP.slice(1), { path: "agent/src/gone", purpose: "" }];
    const files = imports(
      ["agent/src/daemon/a.ts", []],
      ["agent/src/host/a.ts", []],
      ["agent/src/new/a.ts", []],
    );
    expect(checkStructure(twice, files).faults).toEqual([
      "agent/src/new/ is missing from the map in CONTRIBUTING.md",
      "agent/src/gone/ is in the map in CONTRIBUTING.md and holds no source file",
      "agent/src/host/ is in the map in CONTRIBUTING.md twice",
    ]);
  });
});

describe("the structure", () => {
  it("has no import from a lower folder to a higher one of the same part", () => {
    const files = imports(
      ["agent/src/daemon/a.ts", ["agent/src/host/a.ts", "shared/src/base/a.ts"]],
      ["agent/src/host/a.ts", ["agent/src/daemon/a.ts"]],
    );
    const { upward } = checkStructure(MAP, files);
    expect(upward).toEqual(["agent/src/host/a.ts imports agent/src/daemon/a.ts"]);
  });

  it("has no circle of files, however long", () => {
    const files = imports(["a/1.ts", ["a/2.ts"]], ["a/2.ts", ["a/3.ts"]], ["a/3.ts", ["a/1.ts"]]);
    expect(checkStructure([], files).circles).toEqual([["a/1.ts", "a/2.ts", "a/3.ts"]]);
    const chain = imports(["a/1.ts", ["a/2.ts", "a/3.ts"]], ["a/2.ts", ["a/3.ts"]], ["a/3.ts", []]);
    expect(checkStructure([], chain).circles).toEqual([]);
  });

  it("has no folder with more files than a reader takes in at a glance", () => {
    const files = new Map(
      Array.from({ length: MAX_FILES + 1 }, (_, at) => [`agent/src/host/${at}.ts`, []]),
    );
    expect(checkStructure(MAP.slice(1), files).faults).toEqual([
      `agent/src/host/ has ${MAX_FILES + 1} source files, more than ${MAX_FILES}`,
    ]);
  });

  it("counts types, doors and imports at run time, and not what tests import", async () => {
    const root = await temporaryRepository({
      "shared/package.json": `{"name":"@infield/shared","exports":{"./base":"./src/index.ts"}}`,
      "wasm/package.json": `{"name":"@infield/wasm","exports":{}}`,
      "shared/src/index.ts": "",
      "agent/src/a.ts": `import type { B } from "./b.ts";\nimport { x } from "@infield/shared/base";\n`,
      "agent/src/b.ts": `const c = () => import("./c.ts");\n`,
      "agent/src/c.ts": `export {\n  type A,\n} from "./a.ts";\n`,
      "agent/src/c.test.ts": `import "./a.ts";\n`,
    });
    expect(Object.fromEntries(await readImports(root, listSources(root)))).toEqual({
      "agent/src/a.ts": ["agent/src/b.ts", "shared/src/index.ts"],
      "agent/src/b.ts": ["agent/src/c.ts"],
      "agent/src/c.ts": ["agent/src/a.ts"],
      "shared/src/index.ts": [],
    });
  });
});

it("a Rust file uses the modules that its paths lead to, and not those of its tests", () => {
  const texts = {
    "wasm/src/lib.rs": "pub mod a;\npub mod limits;",
    "wasm/src/limits.rs": "",
    "wasm/src/a/mod.rs": "mod b;\nmod c;\npub use self::{b::B, c};",
    "wasm/src/a/b.rs": "use super::c::C;\nuse crate::{limits::MAX, a};\n// as in super::d",
    "wasm/src/a/c.rs":
      "use super::super::limits;\n#[cfg(test)]\nmod tests {\n use super::super::b;\n}",
  };
  expect(Object.fromEntries(importedModules(new Map(Object.entries(texts))))).toEqual({
    "wasm/src/lib.rs": [],
    "wasm/src/limits.rs": [],
    "wasm/src/a/mod.rs": ["wasm/src/a/b.rs", "wasm/src/a/c.rs"],
    "wasm/src/a/b.rs": ["wasm/src/a/c.rs", "wasm/src/limits.rs", "wasm/src/a/mod.rs"],
    "wasm/src/a/c.rs": ["wasm/src/limits.rs"],
  });
});

it("a comment of more than 100 columns is named with its line, a string of 120 is not", async () => {
  const root = await temporaryRepository({
    "shared/src/a.ts": `// ${"a".repeat(97)}\n// ${"é".repeat(98)}\nexport const a = "${"a".repeat(100)}";\n`,
    "shared/src/b.ts": `export const b = "${"b".repeat(101)}";\n`,
  });
  expect(await findWideLines(root, ["shared/src/a.ts", "shared/src/b.ts"])).toEqual([
    "shared/src/a.ts:2 has 101 columns, more than 100",
    "shared/src/b.ts:1 has 121 columns, more than 120",
  ]);
});

it("biome refuses what the map refuses: an import upwards, and one of another part", async () => {
  const root = await temporaryRepository({
    "biome.json": JSON.stringify({ extends: ["./biome.layers.json"] }),
    "biome.layers.json": biomeLayers(MAP),
    "agent/src/host/up.ts": 'export { b } from "../daemon/b.ts";\n',
    "agent/src/host/page.ts": 'export { page } from "@infield/webapp/page";\n',
    "agent/src/host/right.ts": 'export { tree } from "@infield/shared/tree";\n',
    "agent/src/daemon/b.ts": 'export { right as b } from "../host/right.ts";\n',
    "shared/src/a.ts": 'export { readFile } from "node:fs";\n',
  });
  const args = ["lint", "--reporter=json", "--only=style/noRestrictedImports", "."];
  const { stdout } = spawnSync(BIOME, args, { cwd: root, encoding: "utf8" });
  const { diagnostics } = JSON.parse(stdout) as Findings;
  expect(diagnostics.map(({ location }) => location.path).sort()).toEqual([
    "agent/src/host/page.ts",
    "agent/src/host/up.ts",
    "shared/src/a.ts",
  ]);
});

async function temporaryRepository(files: Record<string, string>): Promise<string> {
  const root = tempFolder("structure");
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  }
  execFileSync("git", ["init", "-q"], { cwd: root });
  return root;
}
