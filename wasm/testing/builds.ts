/** For tests: both builds of the codec, each loaded as a machine with or without SIMD loads it. */
import { vi } from "vitest";
import type { Codec } from "../codec.ts";

export interface Build {
  readonly build: "with SIMD" | "without SIMD";
  readonly codec: Codec;
}

export async function loadBuilds(): Promise<readonly [Build, Build]> {
  const simd = await loadFresh();
  const validate = vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
  const scalar = await loadFresh();
  validate.mockRestore();
  return [
    { build: "with SIMD", codec: simd },
    { build: "without SIMD", codec: scalar },
  ];
}

/** A new instance: the loader keeps one for each time it is imported. */
async function loadFresh(): Promise<Codec> {
  vi.resetModules();
  const { loadCodec } = await import("../load-node.ts");
  return loadCodec();
}
