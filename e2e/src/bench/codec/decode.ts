/**
 * `node --import tsx decode.ts OLD DELTA`: the decoder alone, WebAssembly in Node, in a process of
 * its own, as its memory never shrinks. Old bytes are read from the folder as the agent reads them;
 * new ones are dropped. Prints `DecoderFigures`.
 */
import { readFileSync } from "node:fs";
import { BaseReader } from "@infield/agent/src/delta/apply/base-reader.ts";
import { createSha256 } from "@infield/agent/src/host/sha256.ts";
import { openFolder } from "@infield/agent/src/tree/folder.ts";
import { filesOf, formatManifest } from "@infield/shared/tree";
import type { GroupReader } from "@infield/wasm/codec";
import { loadCodec } from "@infield/wasm/node";

export interface DecoderFigures {
  /** Bytes of the files that travel: what the decoder has to give. */
  readonly changedBytes: number;
  readonly seconds: number;
  /** The whole wasm instance. */
  readonly memoryBytes: number;
}

/** Bytes read at once, as the agent does. */
const CHUNK_BYTES = 64 * 1024;

const [old = "", deltaFile = ""] = process.argv.slice(2);
const { manifest } = await openFolder(old, { owners: false, createSha256 });
const bytes = readFileSync(deltaFile);
const codec = await loadCodec();

const start = performance.now();
const delta = codec.openDelta(
  (offset, length) => bytes.subarray(offset, offset + length),
  bytes.length,
  formatManifest(manifest),
  Number.MAX_SAFE_INTEGER,
);
const base = new BaseReader(old, filesOf(manifest));
let changedBytes = 0;
for (const [index, group] of delta.groups.entries()) {
  changedBytes += drain(delta.openGroup(index, base.readSpans(group.base)));
}
const seconds = (performance.now() - start) / 1000;
const figures: DecoderFigures = { changedBytes, seconds, memoryBytes: codec.memoryBytes() };
console.log(JSON.stringify(figures));

function drain(group: GroupReader): number {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let given = 0;
  for (let read = group.read(chunk); read > 0; read = group.read(chunk)) given += read;
  group.free();
  return given;
}
