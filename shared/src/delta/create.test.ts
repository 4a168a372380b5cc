import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../base/bytes.ts";
import { createManifest, treeId } from "../tree/manifest.ts";
import { type ByteSource, bytesSource, type SourceTree } from "../tree/source.ts";
import { createDelta, type Delta } from "./create.ts";
import { countWorkers, type DeltaEncoder, type GroupSide, type HeaderPlan } from "./encoder.ts";
import type { Level } from "./levels.ts";
import { countWritten, planSkeleton } from "./skeleton.ts";

/** A tree of files whose names say what is in them: "a" four times is "aaaa". */
function treeOf(sizes: Record<string, number>, salt: string): SourceTree {
  const files = Object.entries(sizes).map(([path, size]) => ({
    path,
    bytes: new Uint8Array(size).fill(path.charCodeAt(0)),
  }));
  const entries = files.map(({ path, bytes }, index) => {
    const sha256 = `${salt}${index}`.padStart(64, "0");
    return { kind: "file", path, mode: 0o644, uid: 0, gid: 0, size: bytes.length, sha256 } as const;
  });
  return {
    manifest: createManifest(entries),
    open: (path) =>
      bytesSource(files.find((file) => file.path === path)?.bytes ?? new Uint8Array()),
    close: async () => {},
  };
}

interface Asked {
  readonly groups: { base: GroupSide; target: GroupSide; level: Level }[];
  readonly headers: HeaderPlan[];
}

/** Notes what it is asked, and codes nothing: a record is what `recordOf` makes of the target. */
function fakeEncoder(
  recordOf: (target: Uint8Array) => ByteSource = bytesSource,
): DeltaEncoder & Asked {
  const asked: Asked = { groups: [], headers: [] };
  return {
    ...asked,
    parallel: 2,
    async encodeGroup(base, target, level) {
      asked.groups.push({ base, target, level });
      return { record: recordOf(target.bytes), memoryBytes: 1000, formatVersion: 3 };
    },
    async encodeHeader(header) {
      asked.headers.push(header);
      return { bytes: utf8("1234"), memoryBytes: 2000 };
    },
  };
}

async function readAll(delta: Delta): Promise<Uint8Array> {
  const steps: Uint8Array[] = [];
  for await (const step of delta.read()) steps.push(step);
  return concatBytes(steps);
}

describe("making a delta", () => {
  const base = treeOf({ a: 3, b: 4, same: 1 }, "1");
  const target = treeOf({ a: 2, b: 0, c: 5, same: 1 }, "2");

  it("hands the encoder each side with the lengths of its files", async () => {
    const encoder = fakeEncoder();
    await createDelta(base, target, encoder, { level: "best" });
    const text = ({ bytes, parts }: GroupSide) => ({
      bytes: new TextDecoder().decode(bytes),
      parts,
    });
    expect(
      encoder.groups.map((group) => [text(group.base), text(group.target), group.level]),
    ).toEqual([
      [{ bytes: "aaabbbbs", parts: [3, 4, 1] }, { bytes: "aacccccs", parts: [2, 5, 1] }, "best"],
    ]);
    expect(encoder.headers[0]).toMatchObject({ groups: [{ storedBytes: 8, targetBytes: 8 }] });
  });

  it("gives header, records and their CRC, as often as it is read", async () => {
    const delta = await createDelta(
      base,
      target,
      fakeEncoder(() => bytesSource(utf8("56789"))),
    );
    // The check value that every description of CRC-32 gives for these nine digits.
    const file = concatBytes([utf8("123456789"), Uint8Array.of(0x26, 0x39, 0xf4, 0xcb)]);
    for (let times = 0; times < 2; times++) expect(await readAll(delta)).toEqual(file);
    expect(delta).toMatchObject({
      bytes: file.length,
      decoderBytes: 2000,
      ...countWritten(base.manifest, planSkeleton(base.manifest, target.manifest)),
      base: treeId(base.manifest),
      target: treeId(target.manifest),
    });
  });

  it("never asks for more than 4 MiB of a record at a time", async () => {
    const reads: number[] = [];
    const large: ByteSource = {
      size: 10 << 20,
      async read(_, length) {
        reads.push(length);
        return new Uint8Array(length);
      },
    };
    const delta = await createDelta(
      base,
      target,
      fakeEncoder(() => large),
    );
    expect((await readAll(delta)).length).toBe(delta.bytes);
    expect(reads).toEqual([4 << 20, 4 << 20, 2 << 20]);
  });

  it("is told by the encoder's failure, and by a file that changed meanwhile", async () => {
    const failing = { ...fakeEncoder(), encodeGroup: () => Promise.reject(new Error("broke")) };
    await expect(createDelta(base, target, failing)).rejects.toThrow("broke");
    const shrunk: SourceTree = {
      ...target,
      open: () => ({ size: 0, read: async () => new Uint8Array(1) }),
    };
    await expect(createDelta(base, shrunk, fakeEncoder())).rejects.toMatchObject({
      code: "unreadable-file",
    });
  });
});

it("takes a worker for each core that has a gigabyte, and always one", () => {
  const GiB = 1024 ** 3;
  expect([countWorkers(8, 4 * GiB), countWorkers(2, 16 * GiB), countWorkers(4, GiB / 2)]).toEqual([
    4, 2, 1,
  ]);
});
