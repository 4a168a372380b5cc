import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../base/bytes.ts";
import { createManifest, filesOf } from "../tree/manifest.ts";
import { bytesSource, type SourceTree } from "../tree/source.ts";
import { type GroupPlan, planGroups } from "./groups.ts";
import { planSkeleton } from "./skeleton.ts";

interface TestTree extends SourceTree {
  /** Paths that were opened. */
  readonly opened: Set<string>;
}

function treeOf(files: Record<string, Uint8Array>): TestTree {
  const entries = Object.entries(files).map(([path, bytes]) => ({
    kind: "file" as const,
    path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: bytes.length,
    sha256: toHex(sha256(bytes)),
  }));
  const opened = new Set<string>();
  return {
    manifest: createManifest(entries),
    opened,
    open(path) {
      opened.add(path);
      return bytesSource(files[path] ?? new Uint8Array());
    },
    close: async () => {},
  };
}

/** Bytes that repeat nothing; the same for the same seed. */
function noise(seed: number, bytes: number): Uint8Array {
  let state = seed * 2654435761 + 1;
  return Uint8Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function plan(
  base: SourceTree,
  target: SourceTree,
  groupBytes?: number,
): Promise<GroupPlan[]> {
  return planGroups(base, target, planSkeleton(base.manifest, target.manifest).carried, {
    groupBytes,
  });
}

/** The base paths of the group that holds a carried file. */
async function basePathsFor(
  base: SourceTree,
  target: SourceTree,
  path: string,
  groupBytes?: number,
) {
  const { carried } = planSkeleton(base.manifest, target.manifest);
  const file = carried.findIndex((one) => one.path === path);
  const groups = await plan(base, target, groupBytes);
  const group = groups.find((one) => one.target.some((span) => span.file === file));
  return group?.base.map((span) => filesOf(base.manifest)[span.file]?.path);
}

describe("groups", () => {
  const sizes = fc.dictionary(fc.stringMatching(/^[a-e]{1,2}$/), fc.integer({ min: 0, max: 300 }), {
    maxKeys: 12,
  });
  const sized = (of: Record<string, number>, seed: number) =>
    treeOf(
      Object.fromEntries(
        Object.entries(of).map(([path, size], i) => [path, noise(seed + i, size)]),
      ),
    );

  it("hold every carried byte once and in order, within the bound, whatever the trees", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, sizes, async (before, after) => {
        const [base, target] = [sized(before, 1), sized(after, 100)];
        const { carried } = planSkeleton(base.manifest, target.manifest);
        const groups = await plan(base, target, 100);
        const baseFiles = filesOf(base.manifest);
        for (const group of groups) {
          const bytesOf = (side: typeof group.base) =>
            side.reduce((sum, span) => sum + span.bytes, 0);
          expect(bytesOf(group.target)).toBeLessThanOrEqual(100);
          expect(bytesOf(group.base)).toBeLessThanOrEqual(200);
          for (const span of group.base)
            expect(span.offset + span.bytes).toBeLessThanOrEqual(baseFiles[span.file]?.size ?? 0);
        }
        const spans = groups.flatMap((group) => group.target);
        let [index, at] = [0, 0];
        for (const span of spans) {
          while (carried[index]?.size === at) [index, at] = [index + 1, 0];
          expect([span.file, span.offset]).toEqual([index, at]);
          expect(span.bytes).toBeGreaterThan(0);
          at += span.bytes;
        }
        expect(spans.reduce((sum, span) => sum + span.bytes, 0)).toBe(
          carried.reduce((sum, one) => sum + one.size, 0),
        );
      }),
    );
  });

  it("hold old versions whole though they are larger than the new ones", async () => {
    const base = treeOf({ a: noise(1, 90), b: noise(2, 90) });
    const target = treeOf({ a: noise(3, 50), b: noise(4, 50) });
    const [group, ...more] = await plan(base, target, 100);
    expect(more).toEqual([]);
    expect(group?.base.map((span) => span.bytes)).toEqual([90, 90]);
  });

  it("put what replaced a removed neighbour beside it, leave unchanged files out, and read nothing for that", async () => {
    const [base, target] = [
      treeOf({ "lib-1.2.so": noise(1, 4000), same: noise(2, 4000) }),
      treeOf({ "lib-1.3.so": noise(3, 4000), same: noise(2, 4000) }),
    ];
    expect(await plan(base, target)).toEqual([
      {
        base: [{ file: 0, offset: 0, bytes: 4000 }],
        target: [{ file: 0, offset: 0, bytes: 4000 }],
      },
    ]);
    expect([...base.opened, ...target.opened]).toEqual([]);
  });

  it("show each part of a large file the base around its own place", async () => {
    const groups = await plan(
      treeOf({ big: noise(1, 1000) }),
      treeOf({ big: noise(2, 1000) }),
      100,
    );
    expect(groups).toHaveLength(14);
    expect(groups[7]).toEqual({
      base: [{ file: 0, offset: 488, bytes: 95 }],
      target: [{ file: 0, offset: 500, bytes: 71 }],
    });
  });

  it.each([
    { bound: 3000, lengths: [30] },
    { bound: 1700, lengths: [15, 15] },
    { bound: 1000, lengths: [8, 8, 8, 6] },
  ])(
    "of 3,000 bytes are as few as a bound of $bound allows, an even number of about the same size",
    async ({ bound, lengths }) => {
      const files = (seed: number) =>
        treeOf(
          Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, noise(seed + i, 100)])),
        );
      const groups = await plan(files(1), files(100), bound);
      expect(groups.map(({ target }) => target.length)).toEqual(lengths);
    },
  );

  it("find what was moved far away in path order", async () => {
    const content = noise(1, 20_000);
    const base = treeOf({ "a old": content, ...fillers(10) });
    const target = treeOf({ "z new": join(content, noise(2, 500)), ...fillers(20) });
    expect(await basePathsFor(base, target, "z new", 50_000)).toContain("a old");
  });

  it("find all parts of a merged file, and the whole of a split one", async () => {
    const [one, two] = [noise(1, 20_000), noise(2, 20_000)];
    const apart = { "a one": one, "b two": two };
    const merged = await basePathsFor(
      treeOf({ ...apart, ...fillers(10) }),
      treeOf({ "z both": join(one, two), ...fillers(20) }),
      "z both",
      50_000,
    );
    expect(merged).toEqual(expect.arrayContaining(["a one", "b two"]));
    const split = await basePathsFor(
      treeOf({ "z both": join(one, two), ...fillers(10) }),
      treeOf({ "a one": join(noise(3, 40), one), "b two": two, ...fillers(20) }),
      "a one",
      50_000,
    );
    expect(split).toContain("z both");
  });

  it("use an unchanged file that a new one resembles: a library vendored twice", async () => {
    const library = noise(1, 20_000);
    const base = treeOf({ "a-lib.js": library });
    const target = treeOf({
      "a-lib.js": library,
      "b-copy.js": join(library, utf8("// patched")),
    });
    expect(await basePathsFor(base, target, "b-copy.js")).toEqual(["a-lib.js"]);
  });

  it("of a full install read nothing: there is nothing to compare it with", async () => {
    const target = treeOf({ a: noise(1, 90_000) });
    await planGroups(treeOf({}), target, filesOf(target.manifest));
    expect([...target.opened]).toEqual([]);
  });

  it("stop when they are told to", async () => {
    const [base, target] = [treeOf({ a: noise(1, 9000) }), treeOf({ b: noise(2, 9000) })];
    const signal = AbortSignal.abort();
    await expect(planGroups(base, target, filesOf(target.manifest), { signal })).rejects.toThrow(
      "abort",
    );
  });

  it("are none when nothing travels", async () => {
    expect(await plan(treeOf({ a: noise(1, 10) }), treeOf({}))).toEqual([]);
  });
});

/** Files that changed entirely, so that more than one group is needed. */
function fillers(seed: number): Record<string, Uint8Array> {
  return Object.fromEntries(
    [1, 2, 3].map((i) => [`m filler ${"abc"[i - 1]}`, noise(seed + i, 30_000)]),
  );
}
