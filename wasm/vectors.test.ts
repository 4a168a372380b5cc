/**
 * The files of `vectors/`, which `tests/vectors.rs` runs too: a second implementation can start
 * from them.
 */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Codec, ReadAt } from "./codec.ts";
import { isCodecError } from "./codec-error.ts";
import { loadBuilds } from "./testing/builds.ts";

const builds = await loadBuilds();
const folder = new URL("./vectors/", import.meta.url);
/** What the tables of level best take, and more than a small delta needs. */
const MEMORY_LIMIT_BYTES = 256 << 20;

/** Lines `name: hex`; lines that begin with `#` are comments. */
function readVector(name: string): Map<string, string> {
  const lines = readFileSync(new URL(name, folder), "utf8").split("\n");
  const fields = lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
  return new Map(fields.map(([field = "", value = ""]) => [field, value.trim()]));
}

function decode(
  codec: Codec,
  file: Buffer,
  baseManifest: Buffer,
  base: Buffer,
): { skeleton: string; target: string } {
  const readFrom =
    (bytes: Buffer): ReadAt =>
    (offset, length) =>
      bytes.subarray(offset, offset + length);
  const delta = codec.openDelta(readFrom(file), file.length, baseManifest, MEMORY_LIMIT_BYTES);
  const targets = delta.groups.map((group, index) => {
    const reader = delta.openGroup(index, readFrom(base));
    const target = new Uint8Array(group.targetBytes);
    expect(reader.read(target)).toBe(target.length);
    reader.free();
    return target;
  });
  const skeleton = Buffer.from(delta.readSkeleton());
  delta.free();
  return {
    skeleton: skeleton.toString("hex"),
    target: Buffer.concat(targets).toString("hex"),
  };
}

const runs = readdirSync(folder).flatMap((name) =>
  builds.map(({ build, codec }) => ({ name, build, codec })),
);

test.each(runs)("$name gives what it says, $build", ({ name, codec }) => {
  const vector = readVector(name);
  const bytesOf = (field: string) => Buffer.from(vector.get(field) ?? "", "hex");
  if (vector.has("patch")) {
    const target = codec.decodeBsdiff40(
      bytesOf("base"),
      bytesOf("patch"),
      bytesOf("target").length,
    );
    expect(bytesOf("target").equals(target)).toBe(true);
    return;
  }
  try {
    const decoded = decode(codec, bytesOf("file"), bytesOf("base-manifest"), bytesOf("base"));
    expect(vector.get("result")).toBe("ok");
    expect(decoded).toEqual({ skeleton: vector.get("skeleton"), target: vector.get("target") });
  } catch (error) {
    if (!isCodecError(error)) throw error;
    expect(error.code).toBe(vector.get("result"));
  }
});
