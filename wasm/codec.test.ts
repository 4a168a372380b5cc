/**
 * The built module, as the agent and the page use it. What only Rust can reach is tested in `src/`
 * and `tests/`.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GroupSide, levels, type ReadAt } from "./codec.ts";
import { codecErrorCodes, isCodecError } from "./codec-error.ts";
import { loadCodec } from "./load-node.ts";
import {
  bytesOf,
  type Content,
  MEBIBYTE,
  makeDelta,
  openDelta,
  readFrom,
  readGroup,
  sha256,
  whole,
} from "./testing/delta.ts";

const codec = await loadCodec();

function catchError(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

function codeOf(work: () => unknown): string {
  const error = catchError(work);
  if (!isCodecError(error)) throw error;
  expect(error.message).toMatch(/^[a-z].*[^.]$/);
  return error.code;
}

function makeNoise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const noise = makeNoise(200_000, 1);
const sample: Content = {
  baseManifest: bytesOf("infield-tree 1\nf 0644 0:0 200000 aa one\nf 0644 0:0 5 bb two\n"),
  skeleton: bytesOf("infield-tree 1\nf 0644 0:0 200003 - one\nf 0644 0:0 9 - two\n"),
  groups: [
    {
      base: noise,
      target: new Uint8Array(
        Buffer.concat([noise.subarray(70_000), bytesOf("new"), noise.subarray(0, 70_000)]),
      ),
      spans: [
        { file: 0, offset: 0, bytes: 150_000 },
        { file: 0, offset: 150_000, bytes: 50_000 },
      ],
    },
    {
      base: bytesOf("hello"),
      target: bytesOf("hello you"),
      spans: [{ file: 1, offset: 0, bytes: 5 }],
    },
    { base: new Uint8Array(), target: new Uint8Array(), spans: [] },
  ],
};
const sampleDelta = makeDelta(codec, sample);

describe("a delta file", () => {
  test("comes back whole: skeleton, group table, groups in any order", () => {
    const open = openDelta(codec, sampleDelta, sample.baseManifest);
    expect(open.readSkeleton()).toEqual(sample.skeleton);
    expect(open.targetTreeId).toEqual(new Uint8Array(32).fill(7));
    expect(open.baseTreeIdPrefix).toEqual(sha256(sample.baseManifest).subarray(0, 8));
    expect(open.groups.map((group) => group.base)).toEqual(
      sample.groups.map((group) => group.spans),
    );
    open.free();
    for (const index of [2, 0, 1]) {
      expect(readGroup(codec, sampleDelta, sample, index)).toEqual(sample.groups[index]?.target);
    }
  });

  test("states the memory of its neediest part, whichever that is", () => {
    const { baseManifest } = sample;
    const long = bytesOf(
      Array.from({ length: 20_000 }, (_, at) => `${(at * 31) % 9973} `).join(""),
    );
    const stated = (skeleton: Uint8Array, groups: Content["groups"]) => {
      const delta = makeDelta(codec, { baseManifest, skeleton, groups });
      const { memoryBytes } = codec.readHeader(readFrom(delta), delta.length);
      expect(() => openDelta(codec, delta, baseManifest, memoryBytes).free()).not.toThrow();
      expect(codeOf(() => openDelta(codec, delta, baseManifest, memoryBytes - 1))).toBe(
        "delta-memory",
      );
      return memoryBytes;
    };
    const least = stated(baseManifest, []);
    expect(stated(long, [])).toBeGreaterThan(least);
    expect(
      stated(baseManifest, [{ base: new Uint8Array(), target: long, spans: [] }]),
    ).toBeGreaterThan(least);
  });

  test("says without its base what it is made of", () => {
    const info = codec.readHeader(readFrom(sampleDelta), sampleDelta.length);
    expect(info).toMatchObject({ formatVersion: 3, baseManifestBytes: sample.baseManifest.length });
    const plain = new Map(info.streams.map(({ name, plainBytes }) => [name, plainBytes]));
    expect(info.work).toContainEqual({ name: "steps modelled", count: expect.any(Number) });
    expect(plain.get("skeleton")).toBe(sample.skeleton.length);
    expect(plain.size).toBe(info.streams.length);
    expect(info.streams.reduce((sum, { storedBytes }) => sum + storedBytes, 0)).toBe(
      sampleDelta.length,
    );
    expect(Math.min(...info.streams.map(({ storedBytes }) => storedBytes))).toBeGreaterThanOrEqual(
      0,
    );
  });

  test("of an unchanged tree is under 80 bytes", () => {
    const { baseManifest } = sample;
    const delta = makeDelta(codec, { baseManifest, skeleton: baseManifest, groups: [] });
    expect(delta.length).toBeLessThan(80);
    expect(openDelta(codec, delta, baseManifest).readSkeleton()).toEqual(baseManifest);
  });

  test.each(levels)("comes back at level %s", (level) => {
    const delta = makeDelta(codec, sample, level);
    sample.groups.forEach(({ target }, index) => {
      expect(readGroup(codec, delta, sample, index)).toEqual(target);
    });
  });

  test("from and to nothing works", () => {
    const empty = new Uint8Array();
    const full: Content = { baseManifest: empty, skeleton: sample.skeleton, groups: [] };
    expect(openDelta(codec, makeDelta(codec, full), empty).readSkeleton()).toEqual(sample.skeleton);
    const gone: Content = { baseManifest: sample.baseManifest, skeleton: empty, groups: [] };
    expect(openDelta(codec, makeDelta(codec, gone), sample.baseManifest).readSkeleton()).toEqual(
      empty,
    );
  });
});

test("patch(diff(a, b)) is b", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(
      fc.array(bytes, { maxLength: 5 }),
      fc.array(bytes, { maxLength: 5 }),
      fc.nat(4),
      (left, right, at) => {
        const base = new Uint8Array(Buffer.concat(left));
        const target = new Uint8Array(Buffer.concat([...right, left[at] ?? base, ...right]));
        const content = {
          ...sample,
          groups: [{ base, target, spans: [{ file: 0, offset: 0, bytes: base.length }] }],
        };
        expect(readGroup(codec, makeDelta(codec, content), content, 0)).toEqual(target);
        expect(
          codec.decodeBsdiff40(base, codec.encodeBsdiff40(base, target), target.length),
        ).toEqual(target);
      },
    ),
  );
});

describe("errors", () => {
  test("have a code from the list", () => {
    const change = (at: number, value: number) => sampleDelta.with(at, value);
    const open = (delta: Uint8Array) => () => openDelta(codec, delta, sample.baseManifest);
    expect(codeOf(open(change(0, 0)))).toBe("delta-damaged");
    expect(codeOf(open(sampleDelta.subarray(0, 40)))).toBe("delta-damaged");
    expect(codeOf(open(change(sampleDelta.length - 9, 0x55)))).toBe("delta-damaged");
    expect(codeOf(open(change(4, 5)))).toBe("delta-too-new");
    expect(codeOf(open(change(4, 1)))).toBe("delta-damaged");
    expect(codeOf(() => openDelta(codec, sampleDelta, bytesOf("other")))).toBe("delta-wrong-base");
    expect(codeOf(() => openDelta(codec, sampleDelta, sample.baseManifest, 0))).toBe(
      "delta-memory",
    );
    expect(
      codeOf(() =>
        openDelta(codec, sampleDelta, sample.baseManifest).openGroup(3, readFrom(noise)),
      ),
    ).toBe("codec-input");
    expect(codeOf(() => codec.decodeBsdiff40(noise, bytesOf("BSDIFF40"), 9))).toBe(
      "bsdiff-damaged",
    );
    const patch = codec.encodeBsdiff40(noise, noise);
    expect(codeOf(() => codec.decodeBsdiff40(noise, patch, noise.length - 1))).toBe(
      "bsdiff-too-large",
    );
    expect(new Set(codecErrorCodes).size).toBe(7);
  });

  test("every flipped bit and every cut of a small delta", () => {
    const small = makeDelta(codec, { ...sample, groups: sample.groups.slice(1) });
    for (let at = 0; at < small.length; at++) {
      for (const bit of [1, 128]) {
        const flipped = small.with(at, (small[at] ?? 0) ^ bit);
        expect(codeOf(() => openDelta(codec, flipped, sample.baseManifest))).toMatch(/^delta-/);
      }
      expect(codeOf(() => openDelta(codec, small.subarray(0, at), sample.baseManifest))).toBe(
        "delta-damaged",
      );
    }
  });

  test("of callbacks pass through untouched, and nothing follows them", () => {
    const failure = new Error("the disk is gone");
    const fail = () => {
      throw failure;
    };
    expect(catchError(() => codec.openDelta(fail, 1000, sample.baseManifest, MEBIBYTE))).toBe(
      failure,
    );
    expect(catchError(() => readGroup(codec, sampleDelta, sample, 0, fail))).toBe(failure);
    expect(catchError(() => codec.encodeGroup(whole(noise), whole(noise), "default", fail))).toBe(
      failure,
    );

    const reader = openDelta(codec, sampleDelta, sample.baseManifest).openGroup(0, fail);
    const into = new Uint8Array(10);
    expect(catchError(() => reader.read(into))).toBe(failure);
    expect(codeOf(() => reader.read(into))).toBe("codec-input");
  });

  test("parts that are not as long as their side are a bug in the caller", () => {
    const parts = (bytes: Uint8Array, ...lengths: number[]): GroupSide => ({
      bytes,
      parts: lengths,
    });
    const encode = (side: GroupSide) => () => codec.encodeGroup(side, whole(noise), "fast");
    expect(codeOf(encode(parts(noise)))).toBe("codec-input");
    expect(codeOf(encode(parts(noise, 70_000, 70_000)))).toBe("codec-input");
    expect(codeOf(encode(parts(noise, noise.length, Number.POSITIVE_INFINITY)))).toBe(
      "codec-input",
    );
    expect(encode(parts(noise, 70_000, 0, noise.length - 70_000))).not.toThrow();
  });

  test("a callback that returns too few bytes is a bug in the caller", () => {
    const short: ReadAt = (offset, bytes) => noise.subarray(offset, offset + bytes - 1);
    expect(codeOf(() => readGroup(codec, sampleDelta, sample, 0, short))).toBe("codec-input");
  });
});

test("progress rises from 0 to 1", () => {
  const seen: number[] = [];
  codec.encodeGroup(whole(noise), whole(noise.toReversed()), "default", (fraction) =>
    seen.push(fraction),
  );
  expect(seen).toEqual(seen.toSorted((left, right) => left - right));
  expect(seen.at(-1)).toBe(1);
});

test("the memory of the instance is reported, and never falls", () => {
  const before = codec.memoryBytes();
  codec.encodeGroup(whole(noise), whole(noise), "fast");
  expect(codec.memoryBytes()).toBeGreaterThanOrEqual(Math.max(before, noise.length * 4));
});

test("SHA-256 in steps is SHA-256, and can start again", () => {
  const hash = codec.createSha256();
  for (const bytes of [noise, new Uint8Array()]) {
    hash.update(bytes.subarray(0, 1000));
    hash.update(bytes.subarray(1000));
    expect(hash.digest()).toEqual(sha256(bytes));
  }
  hash.free();
});
