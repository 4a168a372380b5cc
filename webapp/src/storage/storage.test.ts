import { InfieldError, toBase64 } from "@infield/shared/base";
import { composeRelease } from "@infield/shared/publish";
import {
  blobPath,
  CHANNEL_FILE,
  createSigningKey,
  formatKeyFile,
  hashPieces,
  LATEST_FILE,
  openZipRepository,
  parseLatest,
  piecesPath,
  readChannel,
  readRelease,
  releasePath,
  type SigningKey,
  signEnvelope,
} from "@infield/shared/records";
import { blobSource, bytesSource } from "@infield/shared/tree";
import { expect, test } from "vitest";
import { makeBlob } from "../delta/made-delta.ts";
import { spoolToBlob } from "../tree/blob-spool.ts";
import {
  createChannel,
  deleteChannel,
  listChannels,
  openChannel,
  type PageStorage,
} from "./channels.ts";
import { exportRepository } from "./export.ts";
import { importRepository } from "./import.ts";
import { toStorageError } from "./key-values.ts";
import { markKeySaved, storeKey } from "./keys.ts";
import { jsonBlob, writeFiles } from "./repository.ts";
import { memoryKeyValues, memoryStorage } from "./testing/memory-storage.ts";

const EMPTY_ID = "7cc6caf901b894033626981cd102021727aa59c2548d79e59382649b2c6f50f2";
const never = new AbortController().signal;

/**
 * A channel with one release whose only blob is `bytes`: a repository does not care what is in a
 * blob.
 */
async function releaseSomething(
  storage: PageStorage,
  bytes: Uint8Array<ArrayBuffer>,
  notes = "first",
) {
  const id = await createChannel(storage, "School laptops");
  const { channel, key } = await openChannel(storage, id);
  if (!key) throw new Error("a channel that was just started has its key");
  const { blob, root } = await makeBlob([bytes]);
  const release = composeRelease(channel, key, {
    version: 1,
    tree: { entries: [] },
    blobs: [
      {
        from: 0,
        base: EMPTY_ID,
        bytes: blob.size,
        root,
        decoderBytes: 0,
        writtenBytes: 0,
        writtenEntries: 0,
      },
    ],
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

const openZip = (zip: Blob) => openZipRepository(blobSource(zip), "repository.zip", spoolToBlob);
/** Imports a zip in another browser. */
async function importZip(zip: Blob, there: PageStorage) {
  return importRepository(never, await openZip(zip), there.files, () => {});
}
/** A channel's repository as a zip. */
async function pack(here: PageStorage, id: string): Promise<Blob> {
  return exportRepository(never, (await openChannel(here, id)).repository, () => {});
}

/** Replaces the channel's key; releases signed with the old one are no longer allowed. */
async function passKeyOn(
  { files, keys }: PageStorage,
  id: string,
  changes: object = {},
): Promise<SigningKey> {
  const { repository, key } = await openChannel({ files, keys }, id);
  const { chain } = await readChannel(repository, id);
  const next = createSigningKey();
  if (!key) throw new Error("the key is here");
  const role = { keys: [next.publicKey.id], threshold: 1 };
  const body = JSON.stringify({
    ...JSON.parse(chain.chain.at(-1)?.body ?? ""),
    version: chain.chain.length + 1,
    keys: [toBase64(next.publicKey.bytes)],
    roles: { root: role, release: role },
    ...changes,
  });
  const passed = { chain: [...chain.chain, signEnvelope("channel", body, [key, next])] };
  await writeFiles(files, id, new Map([[CHANNEL_FILE, jsonBlob(passed)]]));
  await storeKey(keys, next);
  return next;
}

test("a zip takes a repository to another browser, which continues it with the key", async () => {
  const here = memoryStorage();
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const { id, root } = await releaseSomething(here, bytes);
  const progress: number[] = [];
  const { repository } = await openChannel(here, id);
  const zip = await exportRepository(never, repository, (done, total) =>
    progress.push(done / total),
  );
  expect(progress.at(-1)).toBe(1);

  const packed = await openZip(zip);
  const list = await packed.open(piecesPath(root));
  expect(await list?.read(0, list.size)).toEqual(await hashPieces(bytesSource(bytes)));
  const latest = await packed.open(LATEST_FILE);
  expect(parseLatest(new TextDecoder().decode(await latest?.read(0, latest.size)))).toBe(1);
  const there = memoryStorage();
  const { channel, skipped } = await importZip(zip, there);
  expect([channel.id, skipped]).toEqual([id, 0]);
  const [kept] = (await listChannels(there)).kept;
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

test("a blob altered on the way is refused, and nothing of the repository is stored", async () => {
  const here = memoryStorage();
  const { id, root } = await releaseSomething(here, new Uint8Array(1000));
  await writeFiles(
    here.files,
    id,
    new Map([[blobPath(root), new Blob([new Uint8Array(1000).fill(1)])]]),
  );
  const zip = await pack(here, id);
  const there = memoryStorage();
  await expect(importZip(zip, there)).rejects.toMatchObject({
    code: "blob-damaged",
  });
  expect(there.files.entries.size).toBe(0);
});

test("another release of the same version is refused", async () => {
  const here = memoryStorage();
  const { id } = await releaseSomething(here, new Uint8Array(10));
  const zip = await pack(here, id);
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
  await expect(importZip(zip, here)).rejects.toMatchObject({
    code: "already-exists",
  });
  expect((await readRelease(kept.repository, kept.channel, 1)).record.urgent).toBe(true);
});

test("an old copy is verified against the newer channel here, and replaces nothing", async () => {
  const here = memoryStorage();
  const { id, root } = await releaseSomething(here, new Uint8Array(10));
  const old = await pack(here, id);
  await passKeyOn(here, id);
  await here.files.deleteMany([releasePath(1), blobPath(root)].map((path) => `${id}/${path}`));

  expect(await importZip(old, here)).toMatchObject({ channel: { version: 2 }, skipped: 1 });
  expect(await (await openChannel(here, id)).repository.paths()).toEqual([CHANNEL_FILE]);
  const { kept, broken } = await listChannels(here);
  expect([kept.map(({ channel }) => channel.version), broken]).toEqual([[2], []]);
});

test("a longer chain that does not extend the known one is refused", async () => {
  const here = memoryStorage();
  const { id } = await releaseSomething(here, new Uint8Array(10));
  const thief = { files: memoryKeyValues<Blob>(), keys: here.keys };
  await importZip(await pack(here, id), thief);
  await passKeyOn(here, id);
  await passKeyOn(thief, id);
  await passKeyOn(thief, id);
  const before = [...here.files.entries.keys()];
  await expect(importZip(await pack(thief, id), here)).rejects.toMatchObject({
    code: "bad-signature",
  });
  expect([...here.files.entries.keys()]).toEqual(before);
  expect((await openChannel(here, id)).channel.version).toBe(2);
});

test("a release that no longer verifies is left out, and its number is not reused", async () => {
  const here = memoryStorage();
  const { id } = await releaseSomething(here, new Uint8Array(10));
  const next = await passKeyOn(here, id);
  const { releases, latest, key } = await openChannel(here, id);
  expect([releases, latest, key?.publicKey.id]).toEqual([[], 1, next.publicKey.id]);
});

test("a channel that cannot be opened is listed with its error beside the others", async () => {
  const here = memoryStorage();
  const { id } = await releaseSomething(here, new Uint8Array(10));
  const other = await createChannel(here, "Library");
  await writeFiles(here.files, id, new Map([[CHANNEL_FILE, new Blob(["{"])]]));
  const { kept, broken } = await listChannels(here);
  expect(kept.map(({ channel }) => channel.id)).toEqual([other]);
  expect(broken).toMatchObject([{ id, error: { code: "record-invalid" } }]);
  await deleteChannel(here, id);
  expect((await listChannels(here)).broken).toEqual([]);
});

test("deleting a channel deletes its files and key, and nothing of another channel", async () => {
  const here = memoryStorage();
  const { id } = await releaseSomething(here, new Uint8Array(10));
  const other = await createChannel(here, "Library");
  const { key } = await openChannel(here, id);
  if (!key) throw new Error("the key is here");
  expect((await openChannel(here, id)).keySaved).toBe(false);
  await markKeySaved(here.keys, key);
  expect((await openChannel(here, id)).keySaved).toBe(true);

  await deleteChannel(here, id);
  const { kept } = await listChannels(here);
  expect(kept.map(({ channel }) => channel.id)).toEqual([other]);
  expect([...here.files.entries.keys()]).toEqual([`${other}/${CHANNEL_FILE}`]);
  expect([...here.keys.entries.keys()]).toEqual([kept[0]?.key?.publicKey.id]);
});

test("a full browser says so", () => {
  const error = toStorageError(new DOMException("full", "QuotaExceededError"));
  expect(error).toBeInstanceOf(InfieldError);
  expect(error.code).toBe("no-space");
});
