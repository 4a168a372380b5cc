import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../vectors/manifest.json" with { type: "json" };
import { utf8 } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { MAX_ENTRIES, MAX_FILE_BYTES } from "../base/limits.ts";
import type { Entry } from "./entry.ts";
import { createManifest, formatManifest, parseManifest, treeBytes, treeId } from "./manifest.ts";

const HASH = "a".repeat(64);
const owner = { uid: 0, gid: 0 };
const file = (path: string, more: object = {}): Entry => ({
  kind: "file",
  path,
  mode: 0o644,
  ...owner,
  size: 1,
  sha256: HASH,
  ...more,
});
const dir = (path: string): Entry => ({ kind: "dir", path, mode: 0o755, ...owner });
const link = (path: string, target: string): Entry => ({ kind: "link", path, target, ...owner });
const text = (entries: Entry[]) =>
  new TextDecoder().decode(formatManifest(createManifest(entries)));

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof InfieldError ? error.code : `not an InfieldError: ${error}`;
  }
  return "no error";
}

describe("a manifest", () => {
  it.each(vectors.valid)("has the tree id of the vectors: $name", ({ manifest, treeId: id }) => {
    const parsed = parseManifest(utf8(manifest));
    expect(new TextDecoder().decode(formatManifest(parsed))).toBe(manifest);
    expect(treeId(parsed)).toBe(id);
  });

  it.each(vectors.refused)("is refused: $name", ({ manifest, code }) => {
    expect(codeOf(() => parseManifest(utf8(manifest)))).toBe(code);
  });

  it("is refused when it is not UTF-8", () => {
    expect(
      codeOf(() => parseManifest(Uint8Array.of(...utf8("infield-tree 1\n"), 0xff, 0x0a))),
    ).toBe("manifest-invalid");
  });

  it("is refused cut off anywhere but at the end of a line", () => {
    const whole = formatManifest(createManifest([dir("a"), file("a/b"), link("c", "a/b")]));
    for (let length = 0; length < whole.length; length++) {
      const refused = codeOf(() => parseManifest(whole.subarray(0, length))) !== "no error";
      expect(refused, `${length} bytes`).toBe(whole[length - 1] !== 0x0a);
    }
  });

  it("writes one line an entry, sorted by the bytes of the paths", () => {
    expect(text([link("z", "../x -> y"), file("d/e f"), dir("d"), file("d-")])).toBe(
      `infield-tree 1\nd 0755 0:0 d\nf 0644 0:0 1 ${HASH} d-\nf 0644 0:0 1 ${HASH} d/e f\nl 0:0 z -> ../x -> y\n`,
    );
  });

  it("keeps names that look like its own syntax", () => {
    const names = [
      "a -> b",
      " ",
      "->",
      "%41",
      "%",
      "a\nb",
      "\u007f",
      "\u00a0",
      "\u2028",
      "\u3000",
      "\\",
      "-> ",
    ];
    const entries = names.flatMap((name) => [file(`f${name}`), link(`l${name}`, name)]);
    const manifest = createManifest(entries);
    expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
  });

  it("sorts what UTF-16 writes with surrogates behind everything else", () => {
    const paths = createManifest([
      file("\u{1f600}"),
      file("\uffee"),
      file("\ue000"),
      file("z"),
    ]).entries;
    expect(paths.map(({ path }) => path)).toEqual(["z", "\ue000", "\uffee", "\u{1f600}"]);
  });

  it("is not made from entries it could not write", () => {
    const refusals: [string, Entry[]][] = [
      ["path-invalid", [file("a", { mode: 0o100644 })]],
      ["path-invalid", [file("a", { mode: 0.5 })]],
      ["path-invalid", [file("a", { uid: -1 })]],
      ["path-invalid", [file("a", { gid: 2 ** 32 })]],
      ["path-invalid", [file("a", { size: -1 })]],
      ["path-invalid", [file("a", { size: Number.NaN })]],
      ["path-invalid", [file("a", { sha256: "" })]],
      ["path-invalid", [file("\ud800")]],
      ["path-invalid", [file("a\0")]],
      ["path-invalid", [link("a", "")]],
      ["path-invalid", [link("a", "\0")]],
      ["path-invalid", [link("a", "\udc00")]],
      ["path-invalid", [link("a", "x".repeat(4097))]],
      ["path-invalid", [file("a"), dir("a")]],
      ["limit-exceeded", [file("a", { size: MAX_FILE_BYTES + 1 })]],
      [
        "limit-exceeded",
        Array.from({ length: 17 }, (_, i) =>
          file(`${i}`.padStart(2, "0"), { size: MAX_FILE_BYTES }),
        ),
      ],
      ["limit-exceeded", Array.from({ length: MAX_ENTRIES + 1 }, (_, i) => dir(`${i}`))],
    ];
    for (const [code, entries] of refusals) {
      expect(
        codeOf(() => createManifest(entries)),
        JSON.stringify(entries.slice(0, 2)),
      ).toBe(code);
    }
  });

  it("sums the bytes of its files", () => {
    expect(
      treeBytes(createManifest([file("a", { size: 3 }), dir("b"), file("b/c", { size: 4 })])),
    ).toBe(7);
  });
});

/**
 * Trees with the names that hurt: few parts, so that files meet directories, and any character in
 * them.
 */
const part = fc.oneof(
  fc.constantFrom(
    "a",
    "A",
    "b",
    "lib",
    "مرحبا",
    "ខ្មែរ",
    "a b",
    " -> ",
    "%20",
    "\\",
    "\uffee",
    "\u{1f600}",
  ),
  fc
    .string({ unit: "binary", minLength: 1, maxLength: 8 })
    .filter((name) => !/^\.\.?$|[/\0]/u.test(name)),
);
const id = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const mode = fc.integer({ min: 0, max: 0o7777 });
const target = fc
  .string({ unit: "binary", minLength: 1, maxLength: 20 })
  .filter((name) => !name.includes("\0"));
const leaf = fc.oneof(
  fc.record({ kind: fc.constant("dir" as const), mode, uid: id, gid: id }),
  fc.record({
    kind: fc.constant("file" as const),
    mode,
    uid: id,
    gid: id,
    size: fc.integer({ min: 0, max: 2 ** 20 }),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  }),
  fc.record({ kind: fc.constant("link" as const), uid: id, gid: id, target }),
);
const tree = fc
  .array(fc.tuple(fc.array(part, { minLength: 1, maxLength: 3 }), leaf), { maxLength: 20 })
  .map((leaves) => {
    const entries = new Map<string, Entry>();
    for (const [parts, what] of leaves) {
      const paths = parts.map((_, i) => parts.slice(0, i + 1).join("/"));
      const path = paths.pop() ?? "";
      const parents = paths.map((parent) => entries.get(parent) ?? dir(parent));
      if (entries.has(path) || parents.some((parent) => parent.kind !== "dir")) continue;
      for (const parent of parents) entries.set(parent.path, parent);
      entries.set(path, { ...what, path });
    }
    return [...entries.values()];
  });

describe("for any tree", () => {
  it("parsing what was formatted gives the same manifest", () => {
    fc.assert(
      fc.property(tree, (entries) => {
        const manifest = createManifest(entries);
        expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
      }),
      { numRuns: 500 },
    );
  });

  it("the order of the input makes no difference to the tree id", () => {
    const shuffled = tree.chain((entries) =>
      fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
    );
    fc.assert(
      fc.property(shuffled, ([entries, other]) => {
        expect(treeId(createManifest(other))).toBe(treeId(createManifest(entries)));
      }),
    );
  });

  it("changing any byte gives another tree or none", () => {
    fc.assert(
      fc.property(tree, fc.nat(), fc.integer({ min: 1, max: 255 }), (entries, at, flip) => {
        const bytes = formatManifest(createManifest(entries));
        const changed = Uint8Array.from(bytes);
        const position = at % bytes.length;
        changed[position] = (bytes[position] ?? 0) ^ flip;
        try {
          expect(formatManifest(parseManifest(changed))).toEqual(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(InfieldError);
        }
      }),
    );
  });
});
