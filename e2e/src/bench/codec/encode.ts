/**
 * `node --import tsx encode.ts OLD NEW LEVEL DELTA`: a delta made by one codec in one thread, in a
 * process of its own: what one worker of an encoder needs at most. Prints `EncoderFigures`.
 */
import { writeFile } from "node:fs/promises";
import { createSha256 } from "@infield/agent/src/host/sha256.ts";
import { openFolder } from "@infield/agent/src/tree/folder.ts";
import { createDelta, type DeltaEncoder, LEVEL_NAMES } from "@infield/shared/delta";
import { bytesSource } from "@infield/shared/tree";
import { loadCodec } from "@infield/wasm/node";

export interface EncoderFigures {
  readonly seconds: number;
  /** The whole wasm instance, without the bytes of a group that wait outside it. */
  readonly memoryBytes: number;
}

const [old = "", next = "", named, file = ""] = process.argv.slice(2);
const level = LEVEL_NAMES.find((name) => name === named) ?? "default";
const codec = await loadCodec();
const encoder: DeltaEncoder = {
  parallel: 1,
  async encodeGroup(base, target, level, onProgress) {
    const { record, ...needs } = codec.encodeGroup(base, target, level, onProgress);
    return { record: bytesSource(record), ...needs };
  },
  encodeHeader: async (header) => codec.encodeHeader({ ...header, groups: [...header.groups] }),
};
const [base, target] = await Promise.all(
  [old, next].map((tree) => openFolder(tree, { owners: false, createSha256 })),
);
if (base === undefined || target === undefined)
  throw new Error("give OLD, NEW, a level and a file");
const start = performance.now();
const delta = await createDelta(base, target, encoder, { level });
await writeFile(file, delta.read());
const figures: EncoderFigures = {
  seconds: (performance.now() - start) / 1000,
  memoryBytes: codec.memoryBytes(),
};
console.log(JSON.stringify(figures));
