/** Laptops of a fake room, with the protocol's own parts: they serve, find each other and fetch one blob; and some misbehave. */
import {
  type BlobRecord,
  blobRoot,
  bytesSource,
  createServer,
  createSharing,
  createSwarm,
  equalBytes,
  fetchPieceList,
  hashPieces,
  pieceCount,
  pieceRange,
  type Serve,
  type Swarm,
  type Wire,
} from "@infield/shared";
import { createBans } from "../bans.ts";
import { createCrowd } from "../crowd.ts";
import { createLinks } from "../links.ts";
import type { Source } from "../offers.ts";
import {
  connectEnds,
  createMedium,
  createRoomClock,
  type End,
  noAnswer,
  type RoomClock,
  seededRandom,
} from "./fake-room.ts";

/** What a laptop does to the pieces it sends: nothing, alters them, or sends none. */
export type Manner = "honest" | "lying" | "silent";

export interface FakeLaptop extends End {
  /** Pieces it has. */
  readonly held: Map<number, Uint8Array>;
  /** Requests for pieces that it answered. */
  readonly served: () => number;
  /** When it had everything. */
  doneAt: number | undefined;
  failure: unknown;
  readonly swarm: () => Swarm | undefined;
  /** Somebody announced the blob, or pieces of it; after the first it begins to fetch. */
  hear(source: Source): void;
  /** Its power goes. */
  kill(): void;
}

export interface FakeRoom {
  readonly clock: RoomClock;
  readonly blob: BlobRecord;
  readonly laptops: FakeLaptop[];
  readonly airBytes: () => number;
  /** Bytes of pieces that were wrong, by whoever received them. */
  readonly wrong: Map<FakeLaptop, number>;
  add(has: "all" | "nothing" | readonly number[], manner?: Manner, address?: string): FakeLaptop;
  /** Runs until those have it all, or for so long. */
  run(some: readonly FakeLaptop[], ms: number): Promise<void>;
}

export async function createFakeRoom(
  seed: number,
  blobBytes: number,
  bytesPerSecond: number,
): Promise<FakeRoom> {
  const random = seededRandom(seed);
  const clock = createRoomClock(random);
  const medium = createMedium(clock, bytesPerSecond);
  const content = Uint8Array.from({ length: blobBytes }, () => random() * 256);
  const pieceList = await hashPieces(bytesSource(content));
  const root = blobRoot(pieceList);
  const blob = {
    from: 0,
    base: "",
    bytes: blobBytes,
    root,
    decoderBytes: 0,
    writtenBytes: 0,
    writtenEntries: 0,
  };
  const count = pieceCount(blobBytes);
  const laptops: FakeLaptop[] = [];
  const wrong = new Map<FakeLaptop, number>();
  const pieceOf = (index: number) => {
    const { offset, bytes } = pieceRange(blobBytes, index);
    return content.subarray(offset, offset + bytes);
  };

  function announce(from: FakeLaptop): void {
    clock.startTimer(clock.random() * 500, () => {
      if (!laptops.includes(from)) return;
      const { address, id } = from;
      for (const other of laptops) if (other !== from) other.hear({ address, port: 7461, id });
    });
  }

  function add(
    has: "all" | "nothing" | readonly number[],
    manner: Manner = "honest",
    at?: string,
  ): FakeLaptop {
    const number = laptops.length + 1;
    const id = number.toString(16).padStart(16, "0");
    const address = at ?? `192.0.2.${number}`;
    const links = createLinks();
    const indexes = has === "all" ? [...Array(count).keys()] : has === "nothing" ? [] : has;
    const held = new Map<number, Uint8Array>(indexes.map((index) => [index, pieceOf(index)]));
    const sources = new Map<string, Source>();
    let begun = false;
    let served = 0;
    let swarm: Swarm | undefined;
    const claims = manner === "honest" ? (index: number) => held.has(index) : () => true;
    const incoming = {
      bytes: blobBytes,
      pieceList,
      has: claims,
      read: async (index: number) => pieceOf(index),
    };
    const answer = createServer(
      { open: async () => undefined, versions: async () => [] },
      undefined,
      (blobRoot) => (blobRoot === root ? incoming : undefined),
    );
    const serve: Serve = async (request, wire) => {
      if (request.type !== "get-piece") return answer(request, wire);
      served++;
      if (manner === "silent") return;
      const send: Wire["send"] = (frame) => {
        if (manner === "lying" && typeof frame !== "string") frame[100] = (frame[100] ?? 0) ^ 1;
        return wire.send(frame);
      };
      await answer(request, { ...wire, send });
    };
    const sharing = createSharing(serve, clock);

    async function fetch(): Promise<void> {
      const stop = new AbortController();
      const bans = createBans(clock);
      const crowd = createCrowd({
        ...{ clock, links, bans, signal: stop.signal },
        sources: () => sources.values(),
        dial: async (source) => {
          const other = laptops.find((one) => one.id === source.id);
          return other ? connectEnds(clock, medium, laptop, other) : noAnswer(clock);
        },
      });
      const list = await crowd.ask((asker) => fetchPieceList(asker, blob));
      const missing = [...Array(count).keys()].filter((index) => !held.has(index));
      swarm = createSwarm({
        ...{ clock, pieceList: list, missing },
        async store(index, bytes) {
          if (!equalBytes(bytes, pieceOf(index))) throw new Error(`piece ${index} is not right`);
          held.set(index, bytes);
          sharing.tellHave(root, [index]);
          if (held.size === 1) announce(laptop);
        },
      });
      const leave = crowd.joinAll(swarm, blob);
      await swarm.done.finally(() => {
        leave();
        crowd.close();
      });
      laptop.doneAt = clock.now();
      announce(laptop);
    }

    const laptop: FakeLaptop = {
      ...{ id, address, links, sharing, held, doneAt: has === "all" ? 0 : undefined, failure: undefined },
      served: () => served,
      swarm: () => swarm,
      hear(source) {
        sources.set(source.id, source);
        if (begun || has === "all" || manner !== "honest") return;
        begun = true;
        clock.startTimer(clock.random() * 500, () => {
          fetch().catch((error: unknown) => {
            laptop.failure = error;
          });
        });
      },
      kill() {
        laptops.splice(laptops.indexOf(laptop), 1);
        for (const link of links.all()) link.close();
        swarm?.fail(new Error("killed"));
      },
    };
    laptops.push(laptop);
    if (held.size > 0 || manner !== "honest") announce(laptop);
    for (const other of laptops) if (other.held.size > 0 && other !== laptop) announce(other);
    return laptop;
  }

  return {
    ...{ clock, blob, laptops, wrong, add, airBytes: medium.bytes },
    run: (some, ms) =>
      clock.run(() => some.every(({ doneAt, failure }) => doneAt !== undefined || failure), ms),
  };
}
