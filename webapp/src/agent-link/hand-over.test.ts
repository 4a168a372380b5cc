import { composeRelease } from "@infield/shared/publish";
import {
  blobPath,
  blobRoot,
  hashPieces,
  isPiece,
  pieceCount,
  releasePath,
} from "@infield/shared/records";
import { Asker, fetchPieceList, type PageMessage, type Wire } from "@infield/shared/transfer";
import { blobSource, EMPTY_MANIFEST, treeId } from "@infield/shared/tree";
import { expect, test } from "vitest";
import { createChannel, openChannel, type StoredChannel } from "../storage/channels.ts";
import { jsonBlob, writeFiles } from "../storage/repository.ts";
import { memoryStorage } from "../storage/testing/memory-storage.ts";
import type { RequestHandler } from "./agent-questions.ts";
import { handOver } from "./hand-over.ts";
import type { AgentLink } from "./link.ts";

const never = new AbortController().signal;
/** Three pieces, the last one short. */
const BLOB_BYTES = 150_000;

/** A channel with `count` releases, each with one blob. */
async function keepReleases(count: number): Promise<StoredChannel> {
  const storage = memoryStorage();
  const id = await createChannel(storage, "School");
  const { channel, key } = await openChannel(storage, id);
  if (!key) throw new Error("a channel that was just started has its key");
  for (let version = 1; version <= count; version++) {
    const blob = new Blob([
      crypto.getRandomValues(new Uint8Array(50_000)),
      new Uint8Array(BLOB_BYTES - 50_000),
    ]);
    const root = blobRoot(await hashPieces(blobSource(blob)));
    const release = composeRelease(channel, key, {
      version,
      tree: EMPTY_MANIFEST,
      blobs: [
        {
          from: version - 1,
          base: treeId(EMPTY_MANIFEST),
          bytes: blob.size,
          root,
          decoderBytes: 0,
          writtenBytes: 0,
          writtenEntries: 0,
        },
      ],
      urgent: false,
      notes: {},
      date: new Date(0),
    });
    await writeFiles(
      storage.files,
      id,
      new Map([
        [blobPath(root), blob],
        [releasePath(version), jsonBlob(release)],
      ]),
    );
  }
  return openChannel(storage, id);
}

/**
 * An agent that fetches what it is offered with the code the real one uses, over a wire that is a
 * function call.
 */
function fakeAgent(kept: StoredChannel, has: ReadonlySet<string> = new Set()) {
  const fetched: string[] = [];
  const offered: number[] = [];
  async function fetchAll(
    version: number,
    serve: RequestHandler,
    onPiece: (bytes: number) => void,
  ): Promise<void> {
    const toPage: Wire = {
      send: async (frame) => serve(JSON.parse(String(frame)), toAgent),
      close: () => {},
    };
    const asker = new Asker(toPage, () => () => {});
    const toAgent: Wire = {
      send: async (frame) =>
        typeof frame === "string" ? asker.onAnswer(JSON.parse(frame)) : asker.onBytes(frame),
      close: () => {},
    };
    const record = kept.releases.find((release) => release.record.version === version)?.record;
    for (const blob of record?.blobs ?? []) {
      if (has.has(blob.root)) continue;
      const list = await fetchPieceList(asker, blob);
      for (let index = 0; index < pieceCount(blob.bytes); index++) {
        const bytes = await asker.askBytes({ type: "get-piece", root: blob.root, index });
        expect(isPiece(list, index, bytes)).toBe(true);
        onPiece(bytes.length);
      }
      fetched.push(blob.root);
    }
  }
  const link: AgentLink = {
    state: () => ({ status: "connecting" }),
    subscribe: () => () => {},
    retry: () => {},
    async ask(order, options = {}) {
      if (order.type !== "offer" || !options.serve) throw new Error("only offers are expected");
      const offer: Omit<Extract<PageMessage, { type: "offer" }>, "id"> = order;
      const { version } = JSON.parse(JSON.parse(offer.release).release.body);
      offered.push(version);
      let done = 0;
      await fetchAll(version, options.serve, (bytes) => {
        done += bytes;
        options.onProgress?.({ done, total: BLOB_BYTES });
      });
    },
  };
  return { link, fetched, offered };
}

test("releases are offered oldest first, and the agent gets every piece unharmed", async () => {
  const kept = await keepReleases(2);
  const agent = fakeAgent(kept);
  const progress: number[] = [];
  await handOver(never, agent.link, kept, ({ done, total }) => progress.push(done / total));
  expect(agent.offered).toEqual([1, 2]);
  expect(agent.fetched).toEqual(kept.releases.map(({ record }) => record.blobs[0]?.root));
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(progress.at(-1)).toBe(1);
});

test("what the agent already has is not fetched again", async () => {
  const kept = await keepReleases(2);
  const first = kept.releases[0]?.record.blobs[0]?.root ?? "";
  const agent = fakeAgent(kept, new Set([first]));
  await handOver(never, agent.link, kept, () => {});
  expect(agent.fetched).toEqual([kept.releases[1]?.record.blobs[0]?.root]);
});

test("a repository that lost a release says so before anything is offered of it", async () => {
  const kept = await keepReleases(1);
  const agent = fakeAgent(kept);
  const repository = {
    ...kept.repository,
    open: async (path: string) =>
      path === "channel.json" ? kept.repository.open(path) : undefined,
  };
  await expect(
    handOver(never, agent.link, { ...kept, repository }, () => {}),
  ).rejects.toMatchObject({
    code: "repository-damaged",
  });
  expect(agent.offered).toEqual([]);
});
