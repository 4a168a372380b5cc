import { lstat, mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BlobRecord,
  blobRoot,
  hashPieces,
  pieceCount,
  pieceRange,
} from "@infield/shared/records";
import { bytesSource } from "@infield/shared/tree";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRoot } from "../root/open-root.ts";
import type { OpenRoot } from "../root/root.ts";
import { temporaryFolder } from "../testing/volunteer.ts";
import { checkBlob, copyBlob, type PartFile, receiveBlob } from "./incoming.ts";

const BYTES = Uint8Array.from({ length: 5 * 65_536 + 123 }, (_, i) => (i * 7 + (i >> 8)) % 251);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: OpenRoot;
let list: Uint8Array;
let blob: BlobRecord;
const part = () => join(root.path, "incoming", `${blob.root}.part`);
const piece = (index: number) => {
  const { offset, bytes } = pieceRange(BYTES.length, index);
  return BYTES.subarray(offset, offset + bytes);
};

beforeEach(async () => {
  folder = await temporaryFolder();
  root = await openRoot(join(folder.path, "root"), { create: true });
  list = await hashPieces(bytesSource(BYTES));
  blob = {
    from: 0,
    base: "0".repeat(64),
    bytes: BYTES.length,
    root: blobRoot(list),
    decoderBytes: 0,
    writtenBytes: 0,
    writtenEntries: 0,
  };
});
afterEach(async () => {
  await root.close();
  await folder.remove();
});

async function storeAll(file: PartFile): Promise<number[]> {
  const missing = await file.missing(list);
  for (const index of [...missing].reverse()) await file.store(index, piece(index));
  return missing;
}

describe("a blob on its way in", () => {
  it("is put together from pieces in any order, and then lies in the repository", async () => {
    await root.change((writable) =>
      receiveBlob(writable, blob, async (file) => {
        expect(await storeAll(file)).toEqual([0, 1, 2, 3, 4, 5]);
        expect(file.doneBytes()).toBe(BYTES.length);
      }),
    );
    expect(new Uint8Array(await readFile(root.repository.blobFile(blob.root)))).toEqual(BYTES);
    expect(await readdir(join(root.path, "incoming"))).toEqual([]);
    await root.change((writable) =>
      receiveBlob(writable, blob, () => expect.unreachable("it is there already")),
    );
  });

  it("goes on where an earlier try broke off, after hashing what is there", async () => {
    const broken = root.change((writable) =>
      receiveBlob(writable, blob, async (file) => {
        await file.missing(list);
        for (const index of [4, 1, 5]) await file.store(index, piece(index));
        throw new Error("the neighbour left");
      }),
    );
    await expect(broken).rejects.toThrow("the neighbour left");
    const handle = await open(part(), "r+");
    await handle.write(Uint8Array.of(1, 2, 3), 0, 3, 65_536 + 10);
    await handle.close();
    await root.change((writable) =>
      receiveBlob(writable, blob, async (file) => {
        expect(await storeAll(file)).toEqual([0, 1, 2, 3]);
      }),
    );
    expect(await root.change((writable) => checkBlob(writable, blob))).toBe(true);
  });

  it("refuses a wrong piece, a wrong list and an early end, and keeps what was right", async () => {
    await expect(
      root.change((writable) =>
        receiveBlob(writable, blob, async (file) => {
          await file.missing(list);
          await file.store(0, piece(0));
          await file.store(1, piece(2));
        }),
      ),
    ).rejects.toMatchObject({ code: "blob-damaged" });
    const wrong = Uint8Array.from(list).fill(9, 0, 1);
    await expect(
      root.change((writable) =>
        receiveBlob(writable, blob, async (file) => void (await file.missing(wrong))),
      ),
    ).rejects.toMatchObject({
      code: "blob-damaged",
    });
    await expect(
      root.change((writable) =>
        receiveBlob(writable, blob, async (file) => {
          expect(await file.missing(list)).toEqual([1, 2, 3, 4, 5]);
        }),
      ),
    ).rejects.toMatchObject({ code: "blob-damaged" });
    expect(await root.repository.hasBlob(blob.root, blob.bytes)).toBe(false);
  });

  it("is received once when two neighbours offer it at the same time", async () => {
    let fetches = 0;
    const fetch = async (file: PartFile) => {
      fetches++;
      await storeAll(file);
    };
    await Promise.all([
      root.change((writable) => receiveBlob(writable, blob, fetch)),
      root.change((writable) => receiveBlob(writable, blob, fetch)),
      root.change((writable) => receiveBlob(writable, blob, fetch)),
    ]);
    expect(fetches).toBe(1);
  });

  it("is copied from a repository at hand, and refused when that is damaged", async () => {
    const damaged = Uint8Array.from(BYTES).fill(0, 70_000, 70_001 + 200);
    await expect(
      root.change((writable) => copyBlob(writable, blob, bytesSource(damaged), () => {})),
    ).rejects.toMatchObject({
      code: "blob-damaged",
    });
    await expect(
      root.change((writable) => copyBlob(writable, blob, bytesSource(BYTES.subarray(1)), () => {})),
    ).rejects.toMatchObject({
      code: "blob-damaged",
    });
    const progress: number[] = [];
    await root.change((writable) =>
      copyBlob(writable, blob, bytesSource(BYTES), (doneBytes) => progress.push(doneBytes)),
    );
    expect(progress).toHaveLength(pieceCount(BYTES.length));
    expect(progress.at(-1)).toBe(BYTES.length);
  });

  it("is refused before the first byte when the disk has no room", async () => {
    const huge = { ...blob, bytes: 2 ** 50 };
    await expect(
      root.change((writable) => receiveBlob(writable, huge, () => expect.unreachable("no room"))),
    ).rejects.toMatchObject({
      code: "no-space",
      message: expect.stringMatching(/lacks \d+ TB/),
    });
  });

  it("becomes a part file again when it was damaged on the disk", async () => {
    const file = root.repository.blobFile(blob.root);
    await mkdir(join(root.path, "repository/blobs"), { recursive: true });
    await writeFile(file, Uint8Array.from(BYTES).fill(0, 0, 10));
    expect(await root.change((writable) => checkBlob(writable, blob))).toBe(false);
    await expect(lstat(file)).rejects.toMatchObject({ code: "ENOENT" });
    await root.change((writable) =>
      receiveBlob(writable, blob, async (again) => {
        expect(await storeAll(again)).toEqual([0]);
      }),
    );
    expect(await root.change((writable) => checkBlob(writable, blob))).toBe(true);
  });
});
