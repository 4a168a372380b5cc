/** The source files that git knows, and what each imports; without tests and what only they use. */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { importedModules } from "./rust-modules.ts";

/** Paths from the root of the repository; each file with those it imports. */
export type Imports = ReadonlyMap<string, readonly string[]>;

const SOURCE = /\.(ts|tsx|rs)$/;
/** What is no source: tests, what serves only them, and what a program wrote. */
const LEFT_OUT = [
  /\.test\.tsx?$/,
  /(^|\/)(testing|tests|fuzz)\//,
  /(^|\/)(tests|testing|write_vectors)\.rs$/,
  /(^|\/)(pkg|pkg-scalar|vectors)\//,
  /(\.d|\.config)\.ts$/,
];
/** biome writes every import like this, on the lines of one statement. */
const IMPORT = /^(?:import|export)\s(?:[^"';]*?\sfrom\s)?"([^"]+)";/gm;
const DYNAMIC_IMPORT = /\bimport\("([^"]+)"\)/g;

/** Source files of the working tree at `root`. */
export function listSources(root: string): string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const names = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n");
  return names.filter((name) => SOURCE.test(name) && !LEFT_OUT.some((out) => out.test(name)));
}

const MAX_COLUMNS = 100;
/** biome wraps code at 100 but breaks no string: a sentence or pattern may be a little longer. */
const MAX_STRING_COLUMNS = 120;
const COMMENT = /^\s*(\/\/|\/?\*|#)/;

/** Lines that are too wide to be read beside another window: `FILE:LINE has N columns`. */
export async function findWideLines(root: string, files: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), "utf8")));
  return texts.flatMap((text, at) =>
    text.split("\n").flatMap((line, index) => {
      const columns = [...line].length;
      const most = COMMENT.test(line) ? MAX_COLUMNS : MAX_STRING_COLUMNS;
      return columns > most
        ? [`${files[at]}:${index + 1} has ${columns} columns, more than ${most}`]
        : [];
    }),
  );
}

/** What each of `files` imports of the others. Types count: who reads a file needs them too. */
export async function readImports(root: string, files: readonly string[]): Promise<Imports> {
  const doors = await readDoors(root);
  const known = new Set(files);
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), "utf8")));
  const rust = importedModules(new Map(files.map((file, at) => [file, texts[at] ?? ""])));
  const imports = files.map((file, at): [string, string[]] => {
    const targets = file.endsWith(".rs")
      ? (rust.get(file) ?? [])
      : specifiers(texts[at] ?? "").map((name) => resolveName(file, name, doors));
    return [file, [...new Set(targets)].filter((target) => target !== file && known.has(target))];
  });
  return new Map(imports);
}

function specifiers(text: string): string[] {
  const found = [...text.matchAll(IMPORT), ...text.matchAll(DYNAMIC_IMPORT)];
  return found.flatMap(([, name]) => name ?? []);
}

function resolveName(from: string, name: string, doors: ReadonlyMap<string, string>): string {
  if (name.startsWith(".")) return normalize(join(dirname(from), name));
  return doors.get(name) ?? name;
}

/** `@infield/shared/tree` → `shared/src/tree/index.ts`, as the packages' own files say. */
async function readDoors(root: string): Promise<Map<string, string>> {
  const doors = new Map<string, string>();
  for (const part of ["shared", "wasm"]) {
    const { name, exports } = JSON.parse(await readFile(join(root, part, "package.json"), "utf8"));
    for (const [door, file] of Object.entries<string>(exports))
      doors.set(`${name}${door.slice(1)}`, normalize(join(part, file)));
  }
  return doors;
}
