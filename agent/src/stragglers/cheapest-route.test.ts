/**
 * A laptop two versions behind, on a real store, and neighbours in memory that name deltas nobody
 * signed: mostly wrong ones.
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { formatAnnouncement, parseAnnouncement } from "@infield/shared/announce";
import { fromBase64, PIECE_BYTES } from "@infield/shared/base";
import {
  type BlobRecord,
  blobRoot,
  hashPieces,
  type RepositoryReader,
} from "@infield/shared/records";
import { AnswerSchema, Asker, createServer, parseMessage } from "@infield/shared/transfer";
import { bytesSource } from "@infield/shared/tree";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BlobSource, pageSource } from "../fetch/fetch-blob.ts";
import { createLaptopStatus } from "../laptop/status.ts";
import { keepChannel } from "../store/root/channel-keeper.ts";
import { openRoot } from "../store/root/open-root.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { readMade } from "../store/snapshot/made-deltas.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { fetchRecords } from "../updates/fetch-records.ts";
import { installRelease } from "../updates/install-release.ts";
import { findDelta } from "./find-delta.ts";
import { makeBetween } from "./make-delta.ts";
import { createRejectedDeltas } from "./rejected-deltas.ts";

/** The newest release; the laptop is at 1. */
const NEWEST = 3;
let fixture: ChannelFixture;
/** The delta from 1 to the newest, as an honest neighbour makes it. */
let genuine: BlobRecord;
let maker: OpenRoot;
/** A straggler that only asks. */
let asking: OpenRoot;
const open: OpenRoot[] = [];

beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}, {}]);
  maker = await openRoot(await fixture.makeRoot("maker", NEWEST, [1]));
  genuine = await makeBetween({ root: maker, signal: new AbortController().signal }, 1, NEWEST);
  asking = await openRoot(await fixture.makeRoot("asking", 1));
});
afterEach(async () => {
  for (const root of open.splice(0)) await root.close();
});
afterAll(async () => {
  await maker.close();
  await asking.close();
  await fixture.remove();
});

/** Who a neighbour is. */
const LIAR = "10.0.0.1 00000000000000bb";
type Name = () => BlobRecord | "pending" | "cannot";

/**
 * A neighbour whose deltas are those that `name` gives, the bytes of `extra` among its blobs;
 * `onPiece` hears what it is asked for.
 */
function neighbour(
  name: Name,
  extra: ReadonlyMap<string, Uint8Array>,
  onPiece: (root: string) => boolean,
) {
  const repository: RepositoryReader = {
    versions: fixture.repository.versions,
    async open(path) {
      const bytes = extra.get(path);
      if (bytes) return bytesSource(bytes);
      return (await fixture.repository.open(path)) ?? (await maker.repository.open(path));
    },
  };
  const serve = createServer(repository);
  const hear = async (frame: string | Uint8Array) => {
    if (typeof frame === "string") asker.onAnswer(parseMessage(AnswerSchema, frame));
    else asker.onBytes(frame);
  };
  const asker = new Asker(
    {
      async send(text) {
        const request = JSON.parse(String(text));
        const { id } = request;
        if (request.type === "get-piece" && !onPiece(request.root)) return;
        if (request.type !== "get-delta") return void serve(request, { send: hear, close() {} });
        const delta = name();
        const code = delta === "pending" ? "delta-pending" : "no-path";
        const answer = typeof delta === "object" ? { type: "delta", id, delta } : failed(id, code);
        queueMicrotask(() => void hear(JSON.stringify(answer)));
      },
      close() {},
    },
    createFakeClock().startTimer,
  );
  return asker;
}
const failed = (id: number, code: string) => ({
  type: "failed",
  id,
  code,
  message: "no",
  hint: "ask",
});

interface Setting {
  readonly name: Name;
  readonly extra?: ReadonlyMap<string, Uint8Array>;
  /** False: that piece never comes. */
  onPiece?(root: string, clock: ReturnType<typeof createFakeClock>): boolean;
}

/** A straggler, and what it takes: `take` resolves to the bytes it fetched, by blob. */
async function setUp() {
  const root = await openRoot(await fixture.makeRoot("straggler", 1));
  open.push(root);
  const clock = createFakeClock();
  const rejectedDeltas = createRejectedDeltas();
  const keeper = await keepChannel(root);
  const context = {
    ...{ clock, rejectedDeltas, keeper },
    status: createLaptopStatus(root, "x", []),
    onEvent() {},
    tellHave() {},
  };
  async function take({ name, extra = new Map(), onPiece }: Setting) {
    const pieces = new Map<string, number>();
    const count = (blob: string) => {
      pieces.set(blob, (pieces.get(blob) ?? 0) + 1);
      return onPiece?.(blob, clock) ?? true;
    };
    const asker = neighbour(() => tick(clock, name()), extra, count);
    const never = new AbortController().signal;
    await root.change(async (writable) => {
      const inChange = { ...context, root: writable };
      const records = await fetchRecords(inChange, asker, announcementOf(NEWEST), never);
      await installRelease(inChange, records, sourceOf({ [LIAR]: asker }), () => {}, never);
    });
    return pieces;
  }
  return { root, rejectedDeltas, take };
}

/** Neighbours by who they are, of whom the first has all pieces. */
function sourceOf(askers: Record<string, Asker>): BlobSource {
  const [first] = Object.values(askers);
  if (first === undefined) throw new Error("there is somebody to ask");
  return {
    joinAll: pageSource(first).joinAll,
    async ask(question) {
      let failure: unknown;
      for (const [source, asker] of Object.entries(askers)) {
        try {
          return await question(asker, source);
        } catch (error) {
          failure = error;
        }
      }
      throw failure;
    },
  };
}

/** What a straggler makes of the deltas that are named to it, by one neighbour after another. */
async function seek(names: Record<string, Name>, rejectedDeltas = createRejectedDeltas()) {
  const clock = createFakeClock();
  const { record: to } = fixture.releases[NEWEST - 1] ?? {};
  if (to === undefined) throw new Error("there is a newest release");
  const askers = Object.entries(names).map(([source, name]) => {
    const said = () => tick(clock, name());
    return [source, neighbour(said, new Map(), () => true)] as const;
  });
  const sources = sourceOf(Object.fromEntries(askers));
  const signed = new Set(chain().map(({ root }) => root));
  const query = { from: 1, to, signed, maxBytes: genuine.bytes + 1, waitMs: 60_000 };
  const { signal } = new AbortController();
  return (await findDelta({ root: asking, clock, rejectedDeltas, sources, signal }, query))?.blob;
}

/** Lets a second pass for whoever waits for a delta that is being made. */
function tick<T>(clock: ReturnType<typeof createFakeClock>, answer: T): T {
  if (answer === "pending") setTimeout(() => clock.advance(1_000));
  return answer;
}

function announcementOf(version: number) {
  const signed =
    fromBase64(fixture.releases[version - 1]?.file.announcement ?? "") ?? new Uint8Array();
  const announcement = parseAnnouncement(
    formatAnnouncement(signed, { port: 7461, id: "00000000000000bb" }),
  );
  if (announcement === undefined) throw new Error("the fixture's announcement does not parse");
  return announcement;
}

/** Bytes that hash right and are no delta, named as one. */
async function garbage(
  pieces: number,
): Promise<{ delta: BlobRecord; extra: Map<string, Uint8Array> }> {
  const bytes = new Uint8Array(pieces * PIECE_BYTES).fill(7);
  const root = blobRoot(await hashPieces(bytesSource(bytes)));
  return {
    delta: { ...genuine, root, bytes: bytes.length },
    extra: new Map([[`blobs/${root}`, bytes]]),
  };
}
const chain = () => fixture.releases.slice(1).flatMap(({ record }) => record.blobs);
const tookChain = (pieces: ReadonlyMap<string, number>) =>
  chain().every(({ root }) => pieces.has(root));

describe("a straggler", () => {
  it("takes an unsigned delta that has fewer bytes, and keeps it for the next one", async () => {
    const { root, take } = await setUp();
    const pieces = await take({ name: () => genuine });
    expect([...pieces.keys()]).toEqual([genuine.root]);
    expect(root.state().current).toBe(NEWEST);
    expect(await readMade(root)).toEqual([{ to: NEWEST, blob: genuine }]);
  });

  it("takes a delta as soon as it is made, and waits for it no longer than a minute", async () => {
    let asked = 0;
    expect(await seek({ a: () => (++asked < 5 ? "pending" : genuine) })).toEqual(genuine);
    asked = 0;
    const never: Name = () => {
      asked++;
      return "pending";
    };
    expect(await seek({ a: never })).toBeUndefined();
    expect(asked).toBe(61);
  });

  it("is content with what is signed when the neighbour makes none", async () => {
    expect(await seek({ a: () => "cannot" })).toBeUndefined();
  });

  it("takes the delta of whoever has it, though others only make it or lie about it", async () => {
    const lie: Name = () => ({ ...genuine, base: "0".repeat(64) });
    const names: Record<string, Name> = {
      a: () => "cannot",
      b: lie,
      c: () => "pending",
      d: () => genuine,
    };
    expect(await seek(names)).toEqual(genuine);
  });
});

describe("a neighbour that lies about a delta", () => {
  it.each([
    ["takes more memory to decode than every laptop has", { decoderBytes: 64 * 1024 ** 2 + 1 }],
    ["writes more than the signed tree holds", { writtenBytes: 2 ** 35 }],
    ["has more entries than the signed tree", { writtenEntries: 400_000 }],
    ["leads from another tree", { base: "0".repeat(64) }],
    ["leads from another version", { from: 2 }],
  ])("is not asked again, and for no byte of it, when it %s", async (_, claim) => {
    const rejectedDeltas = createRejectedDeltas();
    expect(
      await seek({ [LIAR]: () => ({ ...genuine, ...claim }) }, rejectedDeltas),
    ).toBeUndefined();
    expect(await seek({ [LIAR]: () => genuine }, rejectedDeltas)).toBeUndefined();
  });

  it("is not asked again when it gives a signed delta's name to its own", async () => {
    const signed = chain()[0];
    const rejectedDeltas = createRejectedDeltas();
    expect(
      await seek({ [LIAR]: () => ({ ...genuine, root: signed?.root ?? "" }) }, rejectedDeltas),
    ).toBeUndefined();
    expect(rejectedDeltas.hasSource(NEWEST, LIAR)).toBe(true);
  });

  it("has no more bytes fetched than the signed route takes", async () => {
    expect(await seek({ [LIAR]: () => ({ ...genuine, bytes: 4 * 1024 ** 3 }) })).toBeUndefined();
  });

  it("costs what it named, once: neither is tried again, and the chain is taken", async () => {
    const { root, rejectedDeltas, take } = await setUp();
    const { delta, extra } = await garbage(3);
    const pieces = await take({ name: () => delta, extra });
    expect(pieces.get(delta.root)).toBe(3);
    expect(tookChain(pieces)).toBe(true);
    expect(root.state().current).toBe(NEWEST);
    expect(rejectedDeltas.hasSource(NEWEST, LIAR)).toBe(true);
    expect(rejectedDeltas.has(NEWEST, delta, "10.0.0.2 00000000000000cc")).toBe(true);
    expect(await root.repository.hasBlob(delta.root, delta.bytes)).toBe(false);
    expect(await readMade(root)).toEqual([]);
  });

  it("is left when the bytes crawl, and what has come of them is thrown away", async () => {
    const { root, take } = await setUp();
    const { delta, extra } = await garbage(2);
    const onPiece = (blob: string, clock: ReturnType<typeof createFakeClock>) => {
      if (blob !== delta.root) return true;
      setTimeout(() => clock.advance(30_000));
      return false;
    };
    const pieces = await take({ name: () => delta, extra, onPiece });
    expect(tookChain(pieces)).toBe(true);
    await expect(access(join(root.path, "incoming", `${delta.root}.part`))).rejects.toThrow();
  });

  it("ends all such deltas to a release after three of them", async () => {
    const rejectedDeltas = createRejectedDeltas();
    for (const address of ["1", "2"]) rejectedDeltas.add(NEWEST, address);
    expect(await seek({ 4: () => genuine }, rejectedDeltas)).toEqual(genuine);
    rejectedDeltas.add(NEWEST, "3");
    expect(await seek({ 4: () => genuine }, rejectedDeltas)).toBeUndefined();
  });
});
