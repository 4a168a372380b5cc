/** Which files of a Rust crate use which: by their `use` declarations and by paths in the code. */

/** A path that begins in the crate: `crate::a::b`, `super::super::a`, `self::{a, b}`. */
const PATH = /\b((?:crate|self|super)(?:::\w+)*)::(?:\{([^;]*?)\}|(\w+))/g;

/** From the texts of files by their paths: each Rust file with the files it uses. */
export function importedModules(texts: ReadonlyMap<string, string>): Map<string, string[]> {
  const files = new Map<string, string>();
  for (const file of texts.keys()) if (file.endsWith(".rs")) files.set(moduleOf(file), file);
  const imports = new Map<string, string[]>();
  for (const [module, file] of files) {
    const text = withoutTests(texts.get(file) ?? "");
    imports.set(file, [...usedModules(module, text, files)]);
  }
  return imports;
}

/** `wasm/src/mixing/mod.rs` → `wasm/src/mixing`; `wasm/src/lib.rs` → `wasm/src`. */
function moduleOf(file: string): string {
  return file.replace(/\/(mod|lib|main)\.rs$/, "").replace(/\.rs$/, "");
}

function* usedModules(
  module: string,
  text: string,
  files: ReadonlyMap<string, string>,
): Iterable<string> {
  for (const [, path = "", names = "", name = ""] of text.matchAll(PATH)) {
    const start = absolute(module, path.split("::"));
    for (const inner of name === "" ? names.split(",") : [name]) {
      const used = [...start, ...inner.trim().split("::")].filter((name) => /^\w+$/.test(name));
      const file = longestModule(used, files);
      if (file !== undefined) yield file;
    }
  }
}

/** Folders of the path, from the root of the repository. */
function absolute(module: string, [first = "", ...rest]: readonly string[]): string[] {
  const folders = module.split("/");
  if (first === "crate") return [...folders.slice(0, folders.indexOf("src") + 1), ...rest];
  if (first === "super") {
    const names = rest.filter((name) => name !== "super");
    const ups = 1 + rest.length - names.length;
    return [...folders.slice(0, folders.length - ups), ...names];
  }
  return [...folders, ...rest];
}

/** What follows the longest module of a path are names in it. */
function longestModule(
  path: readonly string[],
  files: ReadonlyMap<string, string>,
): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const file = files.get(path.slice(0, length).join("/"));
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Tests at the end of a file use what they like; comments name what they like. */
function withoutTests(text: string): string {
  const [code = ""] = text.split(/^#\[cfg\(test\)\]\nmod \w+ \{/m);
  return code.replace(/\/\/.*$/gm, "");
}
