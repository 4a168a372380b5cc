/**
 * Builds the agent: `node build.mjs [OUTDIR]`, `dist` unless told otherwise. Everything is bundled,
 * so that what is installed on a laptop is one folder that needs nothing but Node.
 */
import { access, copyFile, cp, mkdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "dist"));

const options = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  legalComments: "inline",
  // Standard output is what --json prints; a library that complains there (ciao) does so on
  // standard error.
  define: { "console.log": "console.error" },
  // What ciao would load to change how every error of the process looks; a part of Node in its
  // place, which does nothing.
  alias: { "source-map-support/register": "node:module" },
  logLevel: "warning",
};

await rm(out, { recursive: true, force: true });
await build({
  ...options,
  entryPoints: { infield: "src/main.ts" },
  // Commands are loaded when they are asked for; all chunks lie beside each other, as
  // import.meta.url is used to find files.
  splitting: true,
  // ws is CommonJS and calls require() for Node's own modules, which ES modules do not have.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
});
// On their own, so that a thread loads only what it uses: what the program shares with it would
// cost a laptop 4 MiB more.
await build({
  ...options,
  entryPoints: {
    "apply-worker": "src/delta/apply/apply-worker.ts",
    "decode-worker": "src/delta/apply/decode-worker.ts",
    "encoder-worker": "src/delta/create/encoder-worker.ts",
    "share-worker": "src/delta/apply/share-worker.ts",
  },
});

const wasm = "infield_codec_bg.wasm";
for (const build of ["pkg", "pkg-scalar"]) {
  await mkdir(join(out, build));
  await copyFile(join(here, "../wasm", build, wasm), join(out, build, wasm));
}
const page = join(here, "../webapp/dist");
if (await exists(page)) await cp(page, join(out, "page"), { recursive: true });

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
