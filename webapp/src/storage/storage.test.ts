import {
  blobPath,
  blobRoot,
  blobSource,
  bytesSource,
  chunksOf,
  composeRelease,
  concatBytes,
  formatKeyFile,
  fromHex,
  InfieldError,
  openArchive,
  readRelease,
  releasePath,
  type SourceTree,
} from "@infield/shared";
import { expect, test } from "vitest";
import { makeBlob } from "../prepare/made-delta.ts";
import { listChannels, openChannel, type Storage, startChannel } from "./channels.ts";
import { exportRepository } from "./export.ts";
import { importRepository } from "./import.ts";
import { toStorageError } from "./key-values.ts";
import { memoryKeyValues } from "./memory.ts";
import { jsonBlob, writeFiles } from "./repository.ts";

const EMPTY_ID = "7cc6caf901b894033626981cd102021727aa59c2548d79e59382649b2c6f50f2";
const never = new AbortController().signal;

const memoryStorage = () => ({ files: memoryKeyValues<Blob>(), keys: memoryKeyValues<string>() });

/** A channel with one release whose only blob is `bytes`: the repository does not care what a blob is. */
async function releaseSomething(storage: Storage, bytes: Uint8Array<ArrayBuffer>, notes = "first") {
  const id = await startChannel(storage, "School laptops");
  const { channel, key } = await openChannel(storage, id);
  if (!key) throw new Error("a channel that was just started has its key");
  const { blob, root } = await makeBlob([bytes]);
  const release = composeRelease(channel, key, {
    version: 1,
    tree: { entries: [] },
    blobs: [{ from: 0, base: EMPTY_ID, bytes: blob.size, root, decoderBytes: 0 }],
    urgent: false,
    notes: { en: notes },
    date: new Date(0),
  });
  await writeFiles(
    storage.files,
    id,
    new Map([
      [releasePath(1), jsonBlob(release)],
      [blobPath(root), blob],
    ]),
  );
  return { id, root };
}

async function openZip(zip: Blob): Promise<SourceTree> {
  const spool = async (stream: ReadableStream<Uint8Array>) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunksOf(stream)) parts.push(chunk);
    return { ...bytesSource(concatBytes(parts)), close: async () => {} };
  };
  return openArchive(blobSource(zip), "repository.zip", spool, {
    owners: false,
    createSha256: gatherSha256,
  });
}

/** A `Sha256` of what the page has without a codec: a blob's root is the SHA-256 of its piece list. */
function gatherSha256() {
  const chunks: Uint8Array[] = [];
  return {
    update: (bytes: Uint8Array) => void chunks.push(bytes),
    digest: () => fromHex(blobRoot(concatBytes(chunks)), 32) ?? new Uint8Array(),
  };
}

test("a repository goes out as a zip and comes into another browser, where it can be gone on with once the key is there", async () => {
  const here = memoryStorage();
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const { id, root } = await releaseSomething(here, bytes);
  const progress: number[] = [];
  const { repository } = await openChannel(here, id);
  const zip = await exportRepository(never, repository, (done, total) => progress.push(done / total));
  expect(progress.at(-1)).toBe(1);

  const there = memoryStorage();
  const channel = await importRepository(never, await openZip(zip), there.files);
  expect(channel.id).toBe(id);
  const [kept] = await listChannels(there);
  expect(kept?.releases.map(({ record }) => record.notes)).toEqual([{ en: "first" }]);
  expect(await (await kept?.repository.blob(blobPath(root)))?.arrayBuffer()).toEqual(bytes.buffer);
  expect(kept?.key).toBeUndefined();

  const { key } = await openChannel(here, id);
  if (key) await there.keys.setMany([[key.publicKey.id, formatKeyFile(key)]]);
  expect((await openChannel(there, id)).key?.publicKey.id).toBe(key?.publicKey.id);
});

test("a repository never holds the key", async () => {
  const here = memoryStorage();
  const { id } = await releaseSomething(here, new Uint8Array(10));
  expect([...here.files.entries.keys()].filter((path) => path.includes("key"))).toEqual([]);
  const { repository } = await openChannel(here, id);
  expect(await repository.paths()).toEqual([
    expect.stringMatching(/^blobs\//),
    "channel.json",
    "releases/1.json",
  ]);
});

test("a blob altered on the way is refused and nothing of the repository is kept", async () => {
  const here = memoryStorage();
  const { id, root } = await releaseSomething(here, new Uint8Array(1000));
  await writeFiles(here.files, id, new Map([[blobPath(root), new Blob([new Uint8Array(1000).fill(1)])]]));
  const zip = await exportRepository(never, (await openChannel(here, id)).repository, () => {});
  const there = memoryStorage();
  await expect(importRepository(never, await openZip(zip), there.files)).rejects.toMatchObject({
    code: "blob-damaged",
  });
  expect(there.files.entries.size).toBe(0);
});

test("another release of the same version is refused", async () => {
  const here = memoryStorage();
  const { id } = await releaseSomething(here, new Uint8Array(10));
  const zip = await exportRepository(never, (await openChannel(here, id)).repository, () => {});
  const kept = await openChannel(here, id);
  if (!kept.key) throw new Error("the key is here");
  const other = composeRelease(kept.channel, kept.key, {
    version: 1,
    tree: { entries: [] },
    blobs: [],
    urgent: true,
    notes: {},
    date: new Date(0),
  });
  await writeFiles(here.files, id, new Map([[releasePath(1), jsonBlob(other)]]));
  await expect(importRepository(never, await openZip(zip), here.files)).rejects.toMatchObject({
    code: "already-exists",
  });
  expect((await readRelease(kept.repository, kept.channel, 1)).record.urgent).toBe(true);
});

test("a full browser says so", () => {
  const error = toStorageError(new DOMException("full", "QuotaExceededError"));
  expect(error).toBeInstanceOf(InfieldError);
  expect(error.code).toBe("no-space");
});
