import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../base/bytes.ts";
import type { Entry } from "../tree/entry.ts";
import { createManifest, type Manifest, treeId } from "../tree/manifest.ts";
import { compareTrees } from "./compare.ts";
import {
  completeManifest,
  countWritten,
  formatSkeleton,
  parseSkeleton,
  planSkeleton,
} from "./skeleton.ts";

const hashOf = (text: string) => toHex(sha256(utf8(text)));
const file = (path: string, content: string, mode = 0o644): Entry => ({
  kind: "file",
  path,
  mode,
  uid: 0,
  gid: 0,
  size: content.length,
  sha256: hashOf(content),
});
const tree = (files: Record<string, string>): Manifest =>
  createManifest(Object.entries(files).map(([path, content]) => file(path, content)));

describe("the skeleton", () => {
  it("leaves out the hashes of what travels, names copies, and gives them back", () => {
    const base = tree({ a: "one", b: "two" });
    const target = tree({ a: "one", c: "three", d: "three", e: "two", f: "four" });
    const skeleton = planSkeleton(base, target);
    expect(skeleton.carried.map((one) => one.path)).toEqual(["c", "f"]);
    const text = new TextDecoder().decode(formatSkeleton(skeleton));
    expect(text).toContain(" + c\n");
    expect(text).toContain(" =0 d\n");
    expect(text).not.toContain(hashOf("three"));
    const read = parseSkeleton(formatSkeleton(skeleton));
    expect(treeId(completeManifest(read, [hashOf("three"), hashOf("four")]))).toBe(treeId(target));
    expect(treeId(completeManifest(read, [hashOf("four"), hashOf("three")]))).not.toBe(
      treeId(target),
    );
  });

  it("tells what has to be written: what is new and what repeats it, directories and links, and nothing that is shared", () => {
    const base = tree({ a: "one" });
    const { entries } = tree({ a: "one", b: "one", c: "three", d: "three" });
    const link: Entry = { kind: "link", path: "l", uid: 0, gid: 0, target: "a" };
    const target = createManifest([
      ...entries,
      link,
      { kind: "dir", path: "x", mode: 0o755, uid: 0, gid: 0 },
    ]);
    // `b` is a copy: two files of a tree stay two.
    expect(countWritten(base, planSkeleton(base, target))).toEqual({
      writtenBytes: 13,
      writtenEntries: 5,
    });
    const none = { entries: [] };
    const whole = countWritten(none, planSkeleton(none, target));
    expect(whole).toEqual({ writtenBytes: 16, writtenEntries: 6 });
  });

  it("that names a carried file out of range, or of another size, is refused", () => {
    for (const mark of ["=1", "=999999"]) {
      const text = `infield-tree 1\nf 0644 0:0 3 + a\nf 0644 0:0 3 ${mark} b\n`;
      expect(() => parseSkeleton(utf8(text))).toThrow("carried file that does not exist");
    }
    expect(() =>
      parseSkeleton(utf8("infield-tree 1\nf 0644 0:0 3 + a\nf 0644 0:0 4 =0 b\n")),
    ).toThrow("carried file");
  });
});

describe("comparing trees", () => {
  it("tells added, removed, changed, moved and unchanged apart", () => {
    const { changes, counts } = compareTrees(
      tree({ gone: "1", here: "2", kept: "3", old: "4" }),
      createManifest([file("fresh", "5"), file("here", "6"), file("kept", "3"), file("new", "4")]),
    );
    expect(changes).toEqual([
      { kind: "added", path: "fresh", bytes: 1 },
      { kind: "removed", path: "gone", bytes: 1 },
      { kind: "changed", path: "here", bytes: 1 },
      { kind: "moved", path: "new", from: "old", bytes: 1 },
    ]);
    expect(counts).toEqual({ added: 1, removed: 1, changed: 1, moved: 1, unchanged: 1 });
  });

  it("sees a change of mode alone", () => {
    expect(
      compareTrees(createManifest([file("a", "x")]), createManifest([file("a", "x", 0o755)])).counts
        .changed,
    ).toBe(1);
  });
});
