/**
 * Who is asked for which piece, with neighbours that answer when a test says so, on a clock that it
 * moves.
 */
import { describe, expect, it } from "vitest";
import { PIECE_BYTES } from "../../base/limits.ts";
import { hashPieces, pieceRange } from "../../records/blob.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import { bytesSource } from "../../tree/source.ts";
import { peerFailed } from "../ask/peer-failed.ts";
import { pieceBits } from "../messages/piece-bits.ts";
import { Swarm } from "./swarm.ts";

const PIECES = 12;
const content = Uint8Array.from(
  { length: PIECES * PIECE_BYTES - 9 },
  (_, at) => (at * 7 + (at >> 9)) % 251,
);
const pieceList = await hashPieces(bytesSource(content));
const pieceOf = (index: number) => {
  const { offset, bytes } = pieceRange(content.length, index);
  return content.slice(offset, offset + bytes);
};
const ALL = [...Array(PIECES).keys()];
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

interface Asked {
  readonly index: number;
  cancelled: boolean;
  give(bytes?: Uint8Array): void;
  refuse(): void;
}

function setUp({
  missing = ALL,
  store = async () => {},
}: {
  missing?: number[];
  store?: () => Promise<void>;
} = {}) {
  const clock = createFakeClock();
  const stored: number[] = [];
  const stop = new AbortController();
  const swarm = new Swarm({
    ...{ clock, pieceList, missing, signal: stop.signal },
    async store(index) {
      await store();
      stored.push(index);
    },
  });
  const outcome = swarm.done.then(
    () => "done",
    (error) => (error.name === "AbortError" ? error.name : error.code),
  );
  /** A neighbour that has these pieces, and what it was asked for and has not answered. */
  function join(has: readonly number[]) {
    const open: Asked[] = [];
    const left: string[] = [];
    const member = swarm.join({
      bits: pieceBits(PIECES, (index) => has.includes(index)),
      askPiece(index) {
        let asked: Asked | undefined;
        const answer = new Promise<Uint8Array>((resolve, reject) => {
          const end = () => void open.splice(open.indexOf(asked as Asked), 1);
          asked = {
            index,
            cancelled: false,
            give(bytes = pieceOf(index)) {
              end();
              resolve(bytes);
            },
            refuse() {
              end();
              reject(peerFailed("refuses"));
            },
          };
          open.push(asked);
        });
        return {
          answer,
          cancel() {
            if (asked) asked.cancelled = true;
          },
        };
      },
      onLeft: (error) => void left.push((error as { code?: string }).code ?? ""),
    });
    return { open, left, member, indexes: () => open.map((one) => one.index) };
  }
  return { clock, stored, stop, swarm, outcome, join };
}

describe("a swarm", () => {
  it("asks for one piece, up to four while answers come soon, until all is stored", async () => {
    const { clock, stored, outcome, join } = setUp();
    const { open } = join(ALL);
    const most: number[] = [];
    while (stored.length < PIECES) {
      most.push(open.length);
      open[0]?.give();
      await turn();
    }
    expect(most.slice(0, 5)).toEqual([1, 2, 3, 4, 4]);
    expect(Math.max(...most)).toBe(4);
    expect(await outcome).toBe("done");
    expect([...stored].sort((a, b) => a - b)).toEqual(ALL);
    expect(clock.waiting()).toBe(0);
  });

  it("asks for the piece that the fewest have, and two neighbours for none", async () => {
    const { join } = setUp({ missing: [0, 1, 2] });
    const lacking = join([]);
    const rich = join([0, 1, 2]);
    const first = rich.open[0];
    join([0, 1]).open[0]?.give();
    expect(first?.index).toBeDefined();
    first?.give();
    await turn();
    expect(lacking.indexes()).toEqual([]);
    expect(rich.indexes()).not.toContain(first?.index);
  });

  it("asks whoever answers sooner, and takes news of pieces in", async () => {
    const { clock, join } = setUp();
    const slow = join([0, 1, 2, 3]);
    await clock.advanceSlowly(1_500);
    slow.open[0]?.give();
    await turn();
    const late = join([]);
    expect(late.open).toEqual([]);
    slow.open[0]?.give();
    late.member.gain([0, 1, 2, 3, 900]);
    await turn();
    expect(late.open.length).toBe(1);
  });

  it("leaves whoever sends one wrong piece, stores nothing of it, and asks others", async () => {
    const { stored, outcome, join, swarm } = setUp({ missing: [5] });
    const liar = join([5]);
    liar.open[0]?.give(pieceOf(4));
    await turn();
    expect([liar.left, stored]).toEqual([["blob-damaged"], []]);
    expect(swarm.useful()).toBe(0);
    join([5]).open[0]?.give();
    expect(await outcome).toBe("done");
    expect(stored).toEqual([5]);
  });

  it("has another take over what one holds up, and keeps what comes first", async () => {
    const { clock, stored, swarm, outcome, join } = setUp({ missing: [5, 6] });
    const slow = join([5, 6]);
    const [held] = slow.open;
    await clock.advanceSlowly(1_000);
    const other = join([5, 6]);
    await clock.advanceSlowly(900);
    other.open[0]?.give();
    await turn();
    expect([held?.cancelled, other.indexes()]).toEqual([false, []]);
    // Three times as long as the other took for its piece.
    await clock.advanceSlowly(1_200);
    expect([held?.cancelled, other.indexes()]).toEqual([true, []]);
    await clock.advanceSlowly(1_500);
    expect(other.indexes()).toEqual([held?.index]);
    held?.give();
    other.open[0]?.give();
    expect(await outcome).toBe("done");
    expect(stored.sort()).toEqual([5, 6]);
    expect(swarm.duplicates()).toBe(1);
  });

  it("leaves whoever promises three pieces and gives none", async () => {
    const { join } = setUp();
    const { open, left } = join(ALL);
    for (let promises = 0; promises < 3; promises++) {
      expect(left).toEqual([]);
      open[0]?.refuse();
      await turn();
    }
    expect(left).toEqual(["peer-failed"]);
    expect(open).toEqual([]);
  });

  it("waits half a minute for a piece that nobody has, not longer", async () => {
    const { clock, outcome, join } = setUp();
    join([]);
    await clock.advanceSlowly(29_000);
    let isOver = false;
    void outcome.then(() => {
      isOver = true;
    });
    await turn();
    expect(isOver).toBe(false);
    await clock.advanceSlowly(1_500);
    expect(await outcome).toBe("peer-failed");
    expect(clock.waiting()).toBe(0);
  });

  it("that is broken off stores nothing more, and cancels what it asked for", async () => {
    const { stored, stop, outcome, join } = setUp();
    const { open } = join(ALL);
    const [asked] = open;
    stop.abort();
    asked?.give();
    expect(await outcome).toBe("AbortError");
    expect([asked?.cancelled, stored]).toEqual([true, []]);
  });

  it("ends with what storing throws", async () => {
    const full = Object.assign(new Error("full"), { code: "no-space" });
    const { outcome, join } = setUp({ store: () => Promise.reject(full) });
    join(ALL).open[0]?.give();
    expect(await outcome).toBe("no-space");
  });
});
