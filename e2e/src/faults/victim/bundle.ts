/**
 * What runs under test: the store and its driver, bundled as the agent is, and the variants with a
 * mistake planted in them.
 */
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const DRIVER = fileURLToPath(new URL("driver.ts", import.meta.url));
const ACTIONS = fileURLToPath(new URL("../scene/actions.ts", import.meta.url));
const AGENT = fileURLToPath(new URL("../../../../agent/src", import.meta.url));
const WASM = fileURLToPath(new URL("../../../../wasm", import.meta.url));

/**
 * Bundles into `folder`: `driver.js`, a process of its own, and `actions.js`, for whoever checks.
 */
export async function bundle(folder: string, mistake?: Plugin): Promise<void> {
  const options = {
    outdir: folder,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
    plugins: mistake ? [mistake] : [],
  } as const;
  await build({
    ...options,
    entryPoints: { driver: DRIVER, actions: ACTIONS },
    splitting: true,
  });
  const workers = ["delta/apply/apply-worker.ts", "delta/apply/share-worker.ts"].map((path) =>
    join(AGENT, path),
  );
  await build({ ...options, entryPoints: workers });
  for (const pkg of ["pkg", "pkg-scalar"]) {
    await mkdir(join(folder, pkg));
    await copyFile(
      join(WASM, pkg, "infield_codec_bg.wasm"),
      join(folder, pkg, "infield_codec_bg.wasm"),
    );
  }
}

/**
 * Puts a wrapper in place of one module of the agent. The wrapper's text imports what it wraps as
 * "original", so that the rest of the module stays as it is and the program's own source knows
 * nothing of this.
 */
export function wrapModule(path: string, wrapper: string): Plugin {
  const file = join(AGENT, path);
  return {
    name: `wrap ${path}`,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^original$/ }, () => ({ path: file, namespace: "original" }));
      const load = (contents: string) => ({
        contents,
        loader: "ts" as const,
        resolveDir: dirname(file),
      });
      onLoad({ filter: /.*/, namespace: "original" }, async () =>
        load(await readFile(file, "utf8")),
      );
      onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
        loaded === file ? load(wrapper) : undefined,
      );
    },
  };
}
