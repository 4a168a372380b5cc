/**
 * The build for machines without SIMD writes the same bytes as the other, and reads what it wrote.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type GroupSide, levels } from "./codec.ts";
import { hasSimd } from "./simd.ts";
import { loadBuilds } from "./testing/builds.ts";
import { bytesOf, makeDelta, readGroup, whole } from "./testing/delta.ts";

const [simd, scalar] = await loadBuilds();

/** Words with numbers, every 40th different in each edition, and a program: the module itself. */
function makeSide(edition: number): GroupSide {
  const words = Array.from(
    { length: 20_000 },
    (_, at) => `${at % 40 === 0 ? edition : at} ${(at * 31) % 977}\n`,
  );
  const text = Buffer.from(words.join(""));
  const module = readFileSync(
    new URL(`./pkg${edition === 1 ? "" : "-scalar"}/infield_codec_bg.wasm`, import.meta.url),
  );
  const program = module.subarray(0, 200_000);
  return { bytes: Buffer.concat([text, program]), parts: [text.length, program.length] };
}

describe("with and without SIMD", () => {
  const sides: [string, GroupSide, GroupSide][] = [
    ["edited text and a program built with other options", makeSide(1), makeSide(2)],
    ["text and a program from nothing", whole(new Uint8Array()), makeSide(1)],
    ["nothing", makeSide(1), whole(new Uint8Array())],
  ];
  const cases = sides.flatMap(([name, base, target]) =>
    levels.map((level) => ({ name, level, base, target })),
  );

  test.each(cases)("$name, at level $level, give the same record", ({ level, base, target }) => {
    const [record, other] = [simd, scalar].map(({ codec }) =>
      codec.encodeGroup(base, target, level),
    );
    expect(other?.memoryBytes).toBe(record?.memoryBytes);
    expect(
      Buffer.compare(record?.record ?? new Uint8Array(), other?.record ?? new Uint8Array()),
    ).toBe(0);
  });

  test.each(levels)("the same delta comes back at level %s", (level) => {
    const [base, target] = [makeSide(1).bytes, makeSide(2).bytes];
    const groups = [{ base, target, spans: [{ file: 0, offset: 0, bytes: base.length }] }];
    const content = { baseManifest: bytesOf("old"), skeleton: bytesOf("new"), groups };
    const delta = makeDelta(simd.codec, content, level);
    expect(Buffer.compare(makeDelta(scalar.codec, content, level), delta)).toBe(0);
    for (const { codec } of [simd, scalar]) {
      expect(Buffer.compare(readGroup(codec, delta, content, 0), target)).toBe(0);
    }
  });
});

test("Node has SIMD, so that both builds were tested", () => {
  expect(hasSimd()).toBe(true);
  expect(simd.codec).not.toBe(scalar.codec);
});
