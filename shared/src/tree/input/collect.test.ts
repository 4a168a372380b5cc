import { sha256 } from "@noble/hashes/sha2.js";
import { expect, it } from "vitest";
import { equalBytes, utf8 } from "../../base/bytes.ts";
import { forEachConcurrently } from "../../base/concurrently.ts";
import { InfieldError } from "../../base/errors.ts";
import { MAX_ENTRIES, MAX_FILE_BYTES } from "../../base/limits.ts";
import { readAhead } from "../read-ahead.ts";
import { type ByteSource, blobSource, bytesSource, sliceSource } from "../source.ts";
import { collectTree, type FoundEntry, type Sha256 } from "./collect.ts";

const createSha256 = (): Sha256 => sha256.create();
const file = (path: string, source: ByteSource): FoundEntry => ({
  kind: "file",
  path,
  mode: 0o644,
  uid: 0,
  gid: 0,
  source,
});
const text = (path: string, content: string) => file(path, bytesSource(utf8(content)));
/** A source nobody may read: what it belongs to must be refused before. */
const untouchable = (size: number): ByteSource => ({
  size,
  read: () => Promise.reject(new Error("was read")),
});
const unreadable = () =>
  new InfieldError("unreadable-file", "a sector is gone", "use the copy in the other room");

it("adds the folders nobody listed and hashes every file", async () => {
  const tree = await collectTree([text("a/b/c", "abc"), text("d", "")], { createSha256 });
  expect(tree.manifest.entries).toEqual([
    { kind: "dir", path: "a", mode: 0o755, uid: 0, gid: 0 },
    { kind: "dir", path: "a/b", mode: 0o755, uid: 0, gid: 0 },
    {
      kind: "file",
      path: "a/b/c",
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    },
    expect.objectContaining({
      path: "d",
      sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }),
  ]);
  expect(await tree.open("a/b/c").read(1, 2)).toEqual(utf8("bc"));
});

it("hashes a file larger than one read in order", async () => {
  const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => i % 251);
  const one = await collectTree([file("f", bytesSource(bytes))], { createSha256 });
  expect(one.manifest.entries[0]).toMatchObject({
    sha256: Array.from(sha256(bytes), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  });
});

it("opens nothing but files", async () => {
  const tree = await collectTree([text("a/b", "x")], { createSha256 });
  for (const path of ["a", "absent", "", "__proto__"]) {
    expect(() => tree.open(path)).toThrow(expect.objectContaining({ code: "internal" }));
  }
});

it.each<[string, FoundEntry[]]>([
  ["path-invalid", [file("../a", untouchable(1))]],
  ["path-invalid", [file("", untouchable(1))]],
  ["path-invalid", [file("a", untouchable(1)), file("a/b", untouchable(1))]],
  ["limit-exceeded", [file("a", untouchable(MAX_FILE_BYTES + 1))]],
  [
    "limit-exceeded",
    Array.from({ length: 17 }, (_, i) => file(`${i}`, untouchable(MAX_FILE_BYTES))),
  ],
])("refuses with %s before it reads anything (%#)", async (code, found) => {
  await expect(collectTree(found, { createSha256 })).rejects.toMatchObject({ code });
});

it("stops listening to an input without end", async () => {
  let asked = 0;
  function* endless(): Generator<FoundEntry> {
    for (;;) yield { kind: "dir", path: `${asked++}`, mode: 0o755, uid: 0, gid: 0 };
  }
  await expect(collectTree(endless(), { createSha256 })).rejects.toMatchObject({
    code: "limit-exceeded",
  });
  expect(asked).toBe(MAX_ENTRIES + 1);
});

it("refuses more folders than the limit even when nobody lists them", async () => {
  const found = Array.from({ length: 300 }, (_, i) => text(`${i}${"/x".repeat(2000)}`, ""));
  await expect(collectTree(found, { createSha256 })).rejects.toMatchObject({
    code: "limit-exceeded",
  });
});

it("frees every hash, also the one of the file that cannot be read", async () => {
  let alive = 0;
  const counted = (): Sha256 => {
    alive++;
    return {
      ...createSha256(),
      update: () => {},
      digest: () => new Uint8Array(32),
      free: () => alive--,
    };
  };
  const broken: ByteSource = { size: 1, read: () => Promise.reject(unreadable()) };
  const found = [text("a", "x"), file("b", broken), text("c", "y")];
  await expect(collectTree(found, { createSha256: counted })).rejects.toMatchObject({
    code: "unreadable-file",
  });
  expect(alive).toBe(0);
});

it("tells how far it is, and stops when it is told to", async () => {
  const controller = new AbortController();
  const seen: number[] = [];
  const found = Array.from({ length: 100 }, (_, i) => text(`${i}`, "12345"));
  const collected = collectTree(found, {
    createSha256,
    signal: controller.signal,
    onProgress: ({ step, doneBytes, totalBytes }) => {
      expect([step, totalBytes]).toEqual(["hash", 500]);
      seen.push(doneBytes);
      if (doneBytes === 50) controller.abort();
    },
  });
  await expect(collected).rejects.toMatchObject({ name: "AbortError" });
  expect(seen.length).toBeLessThan(30);
});

it("does a bounded number of things at a time, all of them, and begins none after a failure", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await forEachConcurrently([...Array(50).keys()], 4, async (item) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    done.push(item);
  });
  expect([most, done.length, running]).toEqual([4, 50, 0]);
  const begun: number[] = [];
  const failing = forEachConcurrently([...Array(50).keys()], 4, async (item) => {
    begun.push(item);
    if (item === 1) throw unreadable();
    await Promise.resolve();
  });
  await expect(failing).rejects.toMatchObject({ code: "unreadable-file" });
  expect(begun.length).toBeLessThan(12);
});

it("gives exactly the bytes asked for, or an error", async () => {
  const bytes = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 7) % 256);
  const inner = sliceSource(bytesSource(bytes), 1000, 500_000);
  const sources = [
    bytesSource(bytes.subarray(1000, 501_000)),
    blobSource(new Blob([bytes.slice(1000, 501_000)])),
    inner,
    readAhead(inner),
  ];
  for (const source of sources) {
    for (const [at, length] of [
      [0, 10],
      [262_140, 10],
      [5, 0],
      [499_990, 10],
      [3, 300_000],
      [0, 500_000],
    ] as const) {
      const expected = bytes.subarray(1000 + at, 1000 + at + length);
      expect(equalBytes(await source.read(at, length), expected)).toBe(true);
    }
    for (const [at, length] of [
      [-1, 2],
      [0, -1],
      [499_991, 10],
      [500_001, 0],
      [0, Number.NaN],
    ] as const) {
      await expect(source.read(at, length)).rejects.toMatchObject({ code: "unreadable-file" });
    }
  }
});

it("reads ahead once for many small reads, and again after a read that failed", async () => {
  let reads = 0;
  let broken = false;
  const source: ByteSource = {
    size: 100_000,
    async read(_, length) {
      reads++;
      if (broken) throw unreadable();
      return new Uint8Array(length);
    },
  };
  const ahead = readAhead(source);
  await Promise.all([...Array(100).keys()].map((i) => ahead.read(i * 1000, 1000)));
  expect(reads).toBe(1);
  broken = true;
  const other = readAhead(source);
  await expect(other.read(0, 10)).rejects.toMatchObject({ code: "unreadable-file" });
  broken = false;
  expect(await other.read(0, 10)).toHaveLength(10);
});
