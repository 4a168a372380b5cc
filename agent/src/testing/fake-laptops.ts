/**
 * Laptops of a fake room, with the protocol's own parts: they serve, find each other and fetch one
 * blob; and some misbehave.
 */
import { equalBytes } from "@infield/shared/base";
import {
  type BlobRecord,
  blobRoot,
  hashPieces,
  pieceCount,
  pieceRange,
} from "@infield/shared/records";
import { type FakeClock, seededRandom } from "@infield/shared/testing";
import {
  createServer,
  createSharing,
  fetchPieceList,
  type Serve,
  Swarm,
  type Wire,
} from "@infield/shared/transfer";
import { bytesSource } from "@infield/shared/tree";
import type { Source } from "../discovery/source.ts";
import { PieceSources } from "../fetch/piece-sources.ts";
import { createBans } from "../peers/bans.ts";
import { createLinks } from "../peers/links.ts";
import {
  connectEnds,
  createMedium,
  createRoomClock,
  type End,
  noAnswer,
  receiverOf,
} from "./fake-room.ts";

/**
 * What a laptop does to the pieces it sends: nothing, alters them, or sends none. The last two say
 * that they have all of them.
 */
export type Manner = "honest" | "lying" | "silent";

export interface FakeLaptop extends End {
  /** Pieces it has. */
  readonly held: ReadonlyMap<number, Uint8Array>;
  /** Pieces it was asked for, when their turn had come. */
  served(): number;
  /** When it had everything. */
  doneAt(): number | undefined;
  /** What its fetch threw. */
  failure(): unknown;
  /** Somebody announced the blob, or pieces of it; after the first it begins to fetch. */
  hear(source: Source): void;
  /** Its power goes. */
  kill(): void;
}

interface NewLaptop {
  readonly has?: "all" | readonly number[];
  readonly manner?: Manner;
  readonly address?: string;
}

export interface FakeRoom {
  readonly clock: FakeClock;
  /** Those that are on. */
  readonly laptops: ReadonlySet<FakeLaptop>;
  /** Bytes on the air, with all headers. */
  airBytes(): number;
  /** Wrong pieces that were sent, by the id of the laptop they were sent to. */
  readonly wrong: ReadonlyMap<string, number>;
  add(laptop?: NewLaptop): FakeLaptop;
}

/** A blob, and what there is of it. */
interface TestBlob {
  readonly blob: BlobRecord;
  readonly pieceList: Uint8Array;
  pieceOf(index: number): Uint8Array;
}

/**
 * Laptops that hear something together begin at different moments within this; so do those who tell
 * of their first piece.
 */
const SPREAD_MS = 500;

export async function createFakeRoom(
  seed: number,
  blobBytes: number,
  rate: number,
): Promise<FakeRoom> {
  const clock = createRoomClock(seededRandom(seed));
  const medium = createMedium(clock, rate);
  const blob = await makeBlob(blobBytes, clock.random);
  const laptops = new Set<FakeLaptop>();
  const wrong = new Map<string, number>();
  let count = 0;

  function announce({ id, address }: End): void {
    clock.startTimer(clock.random() * SPREAD_MS, () => {
      const source = [...laptops].find((one) => one.id === id);
      for (const other of laptops)
        if (source && other !== source) other.hear({ id, address, port: 7461 });
    });
  }
  async function connect(own: End, { id }: Source) {
    const other = [...laptops].find((one) => one.id === id);
    return other ? connectEnds(clock, medium, own, other) : noAnswer(clock);
  }
  const onWrong = (wire: Wire) => {
    const id = receiverOf(wire)?.id ?? "";
    wrong.set(id, (wrong.get(id) ?? 0) + 1);
  };

  return {
    ...{ clock, laptops, wrong, airBytes: medium.bytes },
    add({ has = [], manner = "honest", address = `192.0.2.${count + 1}` } = {}) {
      const id = (++count).toString(16).padStart(16, "0");
      const world = {
        clock,
        announce,
        connect,
        onWrong,
        onKilled: (one: FakeLaptop) => laptops.delete(one),
      };
      const laptop = createLaptop(world, blob, { id, address, has, manner });
      laptops.add(laptop);
      // Those with pieces tell of them again and again: here, whenever somebody comes.
      for (const one of laptops)
        if (one.held.size > 0 || (one === laptop && manner !== "honest")) announce(one);
      return laptop;
    },
  };
}

async function makeBlob(bytes: number, random: () => number): Promise<TestBlob> {
  const content = Uint8Array.from({ length: bytes }, () => random() * 256);
  const pieceList = await hashPieces(bytesSource(content));
  const unused = { from: 0, base: "", decoderBytes: 0, writtenBytes: 0, writtenEntries: 0 };
  return {
    blob: { ...unused, bytes, root: blobRoot(pieceList) },
    pieceList,
    pieceOf(index) {
      const { offset, bytes: length } = pieceRange(bytes, index);
      return content.subarray(offset, offset + length);
    },
  };
}

interface World {
  readonly clock: FakeClock;
  announce(laptop: End): void;
  connect(own: End, source: Source): ReturnType<typeof connectEnds>;
  onWrong(wire: Wire): void;
  onKilled(laptop: FakeLaptop): void;
}

function createLaptop(
  world: World,
  test: TestBlob,
  { id, address, has, manner }: Required<NewLaptop> & { readonly id: string },
): FakeLaptop {
  const { clock } = world;
  const { blob, pieceList, pieceOf } = test;
  const all = [...Array(pieceCount(blob.bytes)).keys()];
  const held = new Map((has === "all" ? all : has).map((index) => [index, pieceOf(index)]));
  const links = createLinks();
  const sources = new Map<string, Source>();
  const stop = new AbortController();
  let served = 0;
  let swarm: Swarm | undefined;
  let begun = held.size === all.length || manner !== "honest";
  let doneAt: number | undefined;
  let failure: unknown;

  const answer = createServer(
    { open: async () => undefined, versions: async () => [] },
    undefined,
    () => ({
      ...{ bytes: blob.bytes, pieceList },
      has: (index) => manner !== "honest" || held.has(index),
      read: async (index) => pieceOf(index),
    }),
  );
  const serve: Serve = async (request, wire) => {
    if (request.type !== "get-piece") return answer(request, wire);
    served++;
    if (manner === "silent") return;
    if (manner === "honest") return answer(request, wire);
    world.onWrong(wire);
    const send: Wire["send"] = (frame) =>
      wire.send(
        typeof frame === "string" ? frame : frame.map((byte, at) => (at === 99 ? byte ^ 1 : byte)),
      );
    await answer(request, { ...wire, send });
  };
  const sharing = createSharing(serve, clock);

  async function fetch(): Promise<void> {
    const pieceSources = new PieceSources({
      ...{ clock, links, bans: createBans(clock), signal: stop.signal },
      sources: () => sources.values(),
      dial: (source) => world.connect(laptop, source),
    });
    const list = await pieceSources.ask((asker) => fetchPieceList(asker, blob));
    swarm = new Swarm({
      ...{ clock, pieceList: list, signal: stop.signal },
      missing: all.filter((index) => !held.has(index)),
      async store(index, bytes) {
        if (!equalBytes(bytes, pieceOf(index))) throw new Error(`piece ${index} is not right`);
        held.set(index, bytes);
        sharing.tellHave(blob.root, [index]);
        if (held.size === 1) world.announce(laptop);
      },
    });
    const leave = pieceSources.joinAll(swarm, blob);
    await swarm.done.finally(() => {
      leave();
      pieceSources.close();
    });
    doneAt = clock.now();
    world.announce(laptop);
  }

  const laptop: FakeLaptop = {
    ...{ id, address, links, sharing, held },
    served: () => served,
    doneAt: () => doneAt,
    failure: () => failure,
    hear(source) {
      sources.set(source.id, source);
      if (begun) return;
      begun = true;
      clock.startTimer(clock.random() * SPREAD_MS, () => {
        fetch().catch((error: unknown) => {
          failure = error;
        });
      });
    },
    kill() {
      world.onKilled(laptop);
      stop.abort();
      for (const link of links.all()) link.close();
    },
  };
  return laptop;
}
