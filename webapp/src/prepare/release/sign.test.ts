import { utf8 } from "@infield/shared/base";
import type { DeltaEncoder } from "@infield/shared/delta";
import { blobPath, blobRoot, findRoute } from "@infield/shared/records";
import { bytesSource, createManifest, type SourceTree, treeId } from "@infield/shared/tree";
import { expect, test } from "vitest";
import { makeDelta } from "../../delta/made-delta.ts";
import { createChannel, openChannel } from "../../storage/channels.ts";
import { memoryKeyValues, memoryStorage } from "../../storage/testing/memory-storage.ts";
import { EMPTY_TREE } from "../../tree/empty-tree.ts";
import { type ReleaseRequest, signReleases } from "./sign.ts";

const never = new AbortController().signal;
/** Encodes nothing: what a delta is made of does not matter to what is signed. */
const encoder: DeltaEncoder = {
  parallel: 1,
  encodeGroup: async (base, target) => ({
    record: bytesSource(target.bytes),
    memoryBytes: base.bytes.length,
    formatVersion: 3,
  }),
  encodeHeader: async (header) => ({
    bytes: utf8(JSON.stringify(header.groups)),
    memoryBytes: 4096,
  }),
};

function treeOf(text: string): SourceTree {
  const bytes = utf8(text);
  const file = {
    kind: "file",
    path: "run",
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: bytes.length,
  } as const;
  return {
    manifest: createManifest([{ ...file, sha256: blobRoot(bytes) }]),
    open: () => bytesSource(bytes),
    close: async () => {},
  };
}

async function request(
  channelId: string,
  oldTree: SourceTree | undefined,
  newTree: SourceTree,
): Promise<ReleaseRequest> {
  const made = await makeDelta(never, oldTree ?? EMPTY_TREE, newTree, "default", encoder, () => {});
  const details = { urgent: true, notes: { en: "new" }, health: { path: "run", seconds: 60 } };
  return { channelId, oldTree, newTree, made, level: "default", fullInstall: false, details };
}

test("the first signature makes two releases: a full install and a delta from it", async () => {
  const storage = memoryStorage();
  const id = await createChannel(storage, "School");
  const wanted = await request(id, treeOf("old"), treeOf("new!"));
  await signReleases(never, storage, encoder, wanted, () => {});
  const { releases, repository } = await openChannel(storage, id);
  const records = releases.map(({ record }) => record);
  expect(records.map(({ version, urgent, notes }) => ({ version, urgent, notes }))).toEqual([
    { version: 1, urgent: false, notes: {} },
    { version: 2, urgent: true, notes: { en: "new" } },
  ]);
  expect(records[1]?.tree).toBe(treeId(wanted.newTree.manifest));
  expect(findRoute(records, 0, 2).map(({ blob }) => blob.from)).toEqual([0, 1]);
  for (const { blobs } of records) {
    for (const blob of blobs)
      expect((await repository.blob(blobPath(blob.root)))?.size).toBe(blob.bytes);
  }
});

test("of two tabs that sign at once, one signs and the other is told to sign again", async () => {
  const storage = memoryStorage();
  const id = await createChannel(storage, "School");
  const wanted = await Promise.all(
    ["one", "two"].map((text) => request(id, undefined, treeOf(text))),
  );
  const sign = (one: ReleaseRequest) => signReleases(never, storage, encoder, one, () => {});
  const ends = await Promise.allSettled(wanted.map(sign));
  expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const lost = ends.findIndex(({ status }) => status === "rejected");
  expect(ends[lost]).toMatchObject({ reason: { code: "already-exists" } });
  expect((await openChannel(storage, id)).latest).toBe(1);
  await sign(wanted[lost] as ReleaseRequest);
  expect((await openChannel(storage, id)).latest).toBe(2);
});

test("the next one continues from the release with the old tree", async () => {
  const storage = memoryStorage();
  const id = await createChannel(storage, "School");
  await signReleases(
    never,
    storage,
    encoder,
    await request(id, undefined, treeOf("one")),
    () => {},
  );
  await signReleases(
    never,
    storage,
    encoder,
    await request(id, treeOf("one"), treeOf("two")),
    () => {},
  );
  const { releases } = await openChannel(storage, id);
  expect(
    releases.map(({ record }) => [record.version, record.blobs.map(({ from }) => from)]),
  ).toEqual([
    [1, [0]],
    [2, [1]],
  ]);
});

test("failing or cancelling leaves nothing behind", async () => {
  const storage = memoryStorage();
  const id = await createChannel(storage, "School");
  const wanted = await request(id, treeOf("old"), treeOf("new"));
  const before = [...storage.files.entries.keys()];
  const broken = {
    ...wanted,
    details: { ...wanted.details, health: { path: "missing", seconds: 60 } },
  };
  await expect(signReleases(never, storage, encoder, broken, () => {})).rejects.toMatchObject({
    code: "usage",
  });
  await expect(
    signReleases(AbortSignal.abort(), storage, encoder, wanted, () => {}),
  ).rejects.toMatchObject({
    name: "AbortError",
  });
  const nothingToMake = await request(id, undefined, treeOf("new"));
  await expect(
    signReleases(AbortSignal.abort(), storage, encoder, nothingToMake, () => {}),
  ).rejects.toMatchObject({ name: "AbortError" });
  expect([...storage.files.entries.keys()]).toEqual(before);
});

test("without the key nothing is signed, and the error says where to add it", async () => {
  const storage = memoryStorage();
  const id = await createChannel(storage, "School");
  const elsewhere = { files: storage.files, keys: memoryKeyValues<string>() };
  const wanted = await request(id, undefined, treeOf("one"));
  await expect(signReleases(never, elsewhere, encoder, wanted, () => {})).rejects.toMatchObject({
    code: "key-invalid",
    hint: expect.stringContaining("key file"),
  });
});
