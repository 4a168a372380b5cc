/**
 * The transfer on a fake network in memory: seeded loss and delay, aborts, and neighbours that lie.
 */
import { describe, expect, it } from "vitest";
import { concatBytes, equalBytes } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { PIECE_BYTES } from "../base/limits.ts";
import { blobRoot, HASH_BYTES, hashPieces, isPiece, pieceCount } from "../records/blob.ts";
import { createChain } from "../records/channel.ts";
import { signEnvelope } from "../records/envelope.ts";
import { createSigningKey } from "../records/keys.ts";
import type { BlobRecord } from "../records/release.ts";
import { blobPath, CHANNEL_FILE, type RepositoryReader } from "../records/repository.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { seededRandom } from "../testing/random.ts";
import { bytesSource } from "../tree/source.ts";
import { Asker } from "./ask/ask.ts";
import { fetchChannel, fetchContent, fetchPieceList } from "./fetch.ts";
import { AnswerSchema, type Request, RequestSchema } from "./messages/requests.ts";
import { parseMessage, type Wire } from "./messages/wire.ts";
import { type ContentReader, createServer } from "./serve/serve.ts";

type Frame = string | Uint8Array;
/** What a test does to answers on their way: passes, alters or drops (undefined) them. */
type Meddle = (frame: Frame, request: Request) => Frame | undefined;

/** An asker whose wire ends in a server of `files`, with `meddle` in between. */
function connect(
  files: Record<string, Uint8Array>,
  meddle: Meddle = (frame) => frame,
  contents?: ContentReader,
) {
  const repository: RepositoryReader = {
    open: async (path) => (files[path] ? bytesSource(files[path]) : undefined),
    versions: async () => [],
  };
  const serve = createServer(repository, contents);
  const clock = createFakeClock();
  const requests: Request[] = [];
  const wire: Wire = {
    async send(frame) {
      const request = parseMessage(RequestSchema, String(frame));
      requests.push(request);
      const back = async (answer: Frame) => {
        const meddled = meddle(answer, request);
        if (typeof meddled === "string") asker.onAnswer(parseMessage(AnswerSchema, meddled));
        else if (meddled) asker.onBytes(meddled);
      };
      void serve(request, { send: back, close() {} });
    },
    close() {},
  };
  const asker: Asker = new Asker(wire, clock.startTimer);
  return { asker, clock, requests };
}

/** What fetching does not look at. */
const UNUSED = { decoderBytes: 0, writtenBytes: 0, writtenEntries: 0 };

async function makeBlob(bytes: number, random: () => number) {
  const content = Uint8Array.from({ length: bytes }, () => random() * 256);
  const list = await hashPieces(bytesSource(content));
  const blob: BlobRecord = {
    from: 0,
    base: "0".repeat(64),
    bytes,
    root: blobRoot(list),
    ...UNUSED,
  };
  return { content, list, blob, files: { [blobPath(blob.root)]: content } };
}

async function fetchAll(asker: Asker, blob: BlobRecord, signal?: AbortSignal): Promise<Uint8Array> {
  const list = await fetchPieceList(asker, blob, signal);
  const result = new Uint8Array(blob.bytes);
  for (let index = 0; index < pieceCount(blob.bytes); index++) {
    const bytes = await asker.askBytes({ type: "get-piece", root: blob.root, index }, signal);
    if (isPiece(list, index, bytes)) result.set(bytes, index * PIECE_BYTES);
  }
  return result;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "nothing was thrown",
    (error) => (error instanceof InfieldError ? error.code : error.name),
  );

/** Lets everything that is ready to run, run. */
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

describe("a blob", () => {
  it.each([1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 9 * PIECE_BYTES + 5])(
    "of %i bytes arrives as it was",
    async (bytes) => {
      const { content, blob, files } = await makeBlob(bytes, seededRandom(bytes));
      const { asker, clock } = connect(files);
      expect(equalBytes(await fetchAll(asker, blob), content)).toBe(true);
      expect(clock.waiting()).toBe(0);
    },
  );

  it("whose list needs several answers is fetched whole", async () => {
    const random = seededRandom(2_049);
    const list = Uint8Array.from({ length: 2_049 * HASH_BYTES }, () => random() * 256);
    const bytes = 2_049 * PIECE_BYTES - 7;
    const blob = { from: 0, base: "", bytes, root: blobRoot(list), ...UNUSED };
    const { asker, requests } = connect({}, (_, request) => {
      const from = request.type === "get-hashes" ? request.from * HASH_BYTES : 0;
      return concatBytes([
        new Uint8Array([0, 0, 0, request.id]),
        list.subarray(from, from + PIECE_BYTES),
      ]);
    });
    expect(equalBytes(await fetchPieceList(asker, blob), list)).toBe(true);
    expect(requests.map((request) => request.type)).toEqual(["get-hashes", "get-hashes"]);
  });
});

describe("a neighbour that lies", () => {
  it.each<[string, Meddle, string]>([
    ["a list of another length", (frame) => frame.slice(0, -32), "blob-damaged"],
    [
      "a list of another blob",
      (frame) =>
        frame instanceof Uint8Array ? frame.map((byte, i) => (i === 9 ? byte ^ 1 : byte)) : frame,
      "blob-damaged",
    ],
    [
      "text for bytes",
      (_, { id }) => JSON.stringify({ type: "file", id, text: "x" }),
      "peer-failed",
    ],
    ["done for bytes", (_, { id }) => JSON.stringify({ type: "done", id }), "peer-failed"],
  ])("with %s is found out", async (_name, meddle, code) => {
    const { blob, files } = await makeBlob(3 * PIECE_BYTES, seededRandom(8));
    const { asker } = connect(files, meddle);
    expect(await codeOf(fetchPieceList(asker, blob))).toBe(code);
  });

  it("about the channel is found out", async () => {
    const [mine, theirs] = [createSigningKey(), createSigningKey()].map((key) =>
      createChain("c", key),
    );
    const files = { [CHANNEL_FILE]: new TextEncoder().encode(JSON.stringify(theirs)) };
    const { asker } = connect(files);
    expect(await codeOf(fetchChannel(asker, "ab".repeat(32)))).toBe("unknown-channel");
    expect(mine).not.toEqual(theirs);
  });

  it("with an answer nobody asked for, or a frame too short for a number, changes nothing", () => {
    const { asker } = connect({});
    asker.onBytes(new Uint8Array(3));
    asker.onBytes(new Uint8Array(9));
    asker.onAnswer({ type: "file", id: 77, text: "" });
  });
});

describe("a file by its hash", () => {
  const content = Uint8Array.from({ length: 2 * PIECE_BYTES }, (_, i) => i * 7);
  const [hash, other] = ["ab".repeat(32), "cd".repeat(32)];
  const contents: ContentReader = {
    open: async (sha256) => (sha256 === hash ? bytesSource(content) : undefined),
  };
  async function readAll(sha256: string): Promise<Uint8Array> {
    const { asker } = connect({}, (frame) => frame, contents);
    const chunks: Uint8Array[] = [];
    for await (const chunk of fetchContent(asker, sha256)) chunks.push(chunk.slice());
    return concatBytes(chunks);
  }

  it("comes in pieces, in order, and ends", async () => {
    expect(await readAll(hash)).toEqual(content);
  });

  it("that is not there, or a place behind its end, is answered by failed", async () => {
    expect(await codeOf(readAll(other))).toBe("peer-failed");
    const { asker } = connect({}, (frame) => frame, contents);
    const past = { type: "get-content", sha256: hash, offset: content.length + 1 } as const;
    expect(await codeOf(asker.askBytes(past))).toBe("peer-failed");
    expect(await codeOf(connect({}).asker.askBytes({ ...past, offset: 0 }))).toBe("peer-failed");
  });
});

describe("an asker", () => {
  it("fails everything that waits when the connection ends", async () => {
    const { asker, clock } = connect({}, () => undefined);
    const waiting = [1, 2, 3].map(() => codeOf(asker.askText({ type: "get-channel" })));
    await turn();
    asker.onClose();
    expect(await Promise.all(waiting)).toEqual(["peer-failed", "peer-failed", "peer-failed"]);
    expect(clock.waiting()).toBe(0);
  });

  it("fails at once when a frame cannot be sent", async () => {
    const broken: Wire = { send: () => Promise.reject(new Error("gone")), close() {} };
    const asker = new Asker(broken, createFakeClock().startTimer);
    expect(await codeOf(asker.askText({ type: "get-channel" }))).toBe("peer-failed");
  });

  it("passes an abort through untouched, in the middle of a fetch as before it", async () => {
    const { blob, files } = await makeBlob(8 * PIECE_BYTES, seededRandom(9));
    const stop = new AbortController();
    const { asker, clock } = connect(files, (frame, request) => {
      if (request.type === "get-piece" && request.index === 5) stop.abort();
      return frame;
    });
    expect(await codeOf(fetchAll(asker, blob, stop.signal))).toBe("AbortError");
    expect(clock.waiting()).toBe(0);
    expect(await codeOf(asker.askText({ type: "get-channel" }, stop.signal))).toBe("AbortError");
  });

  it("hands an order's refusal on as it was said", async () => {
    const order = signEnvelope("control", "{}", [createSigningKey()]);
    const answers = [
      { type: "done", id: 1 },
      { type: "failed", id: 2, code: "not-allowed", message: "no", hint: "ask" },
      { type: "failed", id: 3, code: "brand-new", message: "no", hint: "ask" },
      { type: "file", id: 4, text: "" },
    ] as const;
    const wire: Wire = {
      async send(frame) {
        const answer = answers[JSON.parse(String(frame)).id - 1];
        if (answer) queueMicrotask(() => asker.onAnswer(answer));
      },
      close() {},
    };
    const asker = new Asker(wire, createFakeClock().startTimer);
    const codes = [];
    for (const _ of answers) codes.push(await codeOf(asker.giveOrder(order)));
    expect(codes).toEqual(["nothing was thrown", "not-allowed", "peer-failed", "peer-failed"]);
  });
});

describe("a server", () => {
  it("answers with a code for what it lacks, and nothing of its machine", async () => {
    const broken: RepositoryReader = {
      open: async (path) => {
        if (path === CHANNEL_FILE) throw new Error("EACCES: /home/teacher/secret");
        return undefined;
      },
      versions: async () => [],
    };
    const serve = createServer(broken);
    const said: string[] = [];
    const wire: Wire = { send: async (frame) => void said.push(String(frame)), close() {} };
    await serve({ type: "get-channel", id: 1 }, wire);
    await serve({ type: "get-release", id: 2, version: 9 }, wire);
    await serve({ type: "get-piece", id: 3, root: "0".repeat(64), index: 0 }, wire);
    expect(said.map((text) => JSON.parse(text).code)).toEqual([
      "internal",
      "unknown-release",
      "blob-damaged",
    ]);
    expect(said.join()).not.toContain("secret");
  });

  it("reads each blob once for its list, and one at a time", async () => {
    const random = seededRandom(4);
    const blobs = [];
    for (let i = 0; i < 3; i++) blobs.push(await makeBlob(3 * PIECE_BYTES, random));
    const files = Object.assign({}, ...blobs.map((blob) => blob.files));
    let reading = 0;
    let most = 0;
    let reads = 0;
    const repository: RepositoryReader = {
      open: async (path) => ({
        ...bytesSource(files[path]),
        async read(offset, bytes) {
          most = Math.max(most, ++reading);
          reads++;
          await turn();
          reading--;
          return files[path].slice(offset, offset + bytes);
        },
      }),
      versions: async () => [],
    };
    const serve = createServer(repository);
    const sent: Frame[] = [];
    const wire: Wire = { send: async (frame) => void sent.push(frame), close() {} };
    const asked = [...blobs, ...blobs].map(({ blob }, id) =>
      serve({ type: "get-hashes", id, root: blob.root, from: 0 }, wire),
    );
    await Promise.all(asked);
    expect(sent.map((frame) => frame.length)).toEqual(Array(6).fill(4 + 3 * HASH_BYTES));
    expect(most).toBe(1);
    const once = reads;
    await serve({ type: "get-hashes", id: 9, root: blobs[0]?.blob.root ?? "", from: 0 }, wire);
    expect(reads).toBe(once);
  });

  it("refuses a piece past the end", async () => {
    const { blob, files } = await makeBlob(PIECE_BYTES, seededRandom(3));
    const { asker } = connect(files);
    const error = await asker
      .askBytes({ type: "get-piece", root: blob.root, index: 1 })
      .catch((e) => e);
    expect(error).toBeInstanceOf(InfieldError);
    expect(error.message).toContain("no such piece");
  });
});
