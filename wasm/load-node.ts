/** The codec in Node: compiles the wasm beside this module, or beside the bundle made from it. */

import { readFile } from "node:fs/promises";
import { bindCodec } from "./bind.ts";
import type { Codec } from "./codec.ts";
import * as wasm from "./pkg/infield_codec.js";
import { hasSimd } from "./simd.ts";

let loading: Promise<Codec> | undefined;

/**
 * One instance for the whole process or worker thread. Its memory grows with the largest job done
 * in it and is only freed when the thread ends.
 */
export function loadCodec(): Promise<Codec> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Codec> {
  const file = hasSimd()
    ? new URL("./pkg/infield_codec_bg.wasm", import.meta.url)
    : new URL("./pkg-scalar/infield_codec_bg.wasm", import.meta.url);
  const { memory } = wasm.initSync({ module: await readFile(file) });
  return bindCodec(wasm, memory);
}
