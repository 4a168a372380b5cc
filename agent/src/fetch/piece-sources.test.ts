/**
 * A class that fetches one blob over one crowded channel: the protocol's own parts on a fake medium
 * and a seeded clock.
 */

import { seededRandom } from "@infield/shared/testing";
import { describe, expect, it } from "vitest";
import { createFakeRoom, type FakeLaptop, type FakeRoom } from "../testing/fake-laptops.ts";

const MIB = 1024 * 1024;
const PIECES = 16;
/** 20 Mbit/s, for all together. */
const RATE = 2_500_000;

const many = (room: FakeRoom, count: number) => Array.from({ length: count }, () => room.add());
const isOver = (laptop: FakeLaptop) =>
  laptop.doneAt() !== undefined || laptop.failure() !== undefined;
const finish = (room: FakeRoom, laptops: readonly FakeLaptop[], ms = 60_000) =>
  room.clock.run(() => laptops.every(isOver), ms);
const served = (laptops: Iterable<FakeLaptop>) =>
  [...laptops].reduce((sum, one) => sum + one.served(), 0);

function expectAll(laptops: readonly FakeLaptop[]): void {
  expect(laptops.map((one) => [one.failure(), one.held.size])).toEqual(
    laptops.map(() => [undefined, PIECES]),
  );
}

describe("thirty laptops that fetch a megabyte from one, over 20 Mbit/s for all", () => {
  it("have it in 15 seconds, one after another; hardly a piece travels twice", async () => {
    const room = await createFakeRoom(1, MIB, RATE);
    const source = room.add({ has: "all" });
    const laptops = many(room, 30);
    await finish(room, laptops);
    expectAll(laptops);
    expect(room.clock.now()).toBeLessThan(15_000);
    expect(served(room.laptops)).toBeLessThanOrEqual(1.02 * 30 * PIECES);
    expect(room.airBytes()).toBeLessThan(1.12 * 30 * MIB);
    expect(source.served()).toBeLessThan((30 * PIECES) / 3);
    const times = laptops.map((one) => one.doneAt() ?? 0).sort((a, b) => a - b);
    expect(times[9]).toBeLessThan(0.9 * (times[29] ?? 0));
  });

  it("have it even if the first is switched off once they have it all together", async () => {
    const room = await createFakeRoom(2, MIB, RATE);
    const source = room.add({ has: "all" });
    const laptops = many(room, 30);
    const among = () => new Set(laptops.flatMap((one) => [...one.held.keys()]));
    await room.clock.run(() => among().size === PIECES, 60_000);
    // That is so long before half of all has travelled.
    expect(served(room.laptops)).toBeLessThan(0.25 * 30 * PIECES);
    source.kill();
    await finish(room, laptops);
    expectAll(laptops);
    expect(room.clock.now()).toBeLessThan(20_000);
  });

  it("wait for a piece that nobody has, until somebody who does comes; not for ever", async () => {
    const room = await createFakeRoom(3, MIB, RATE);
    room.add({ has: [...Array(PIECES).keys()].slice(1) });
    const [first, second] = many(room, 2);
    if (!first || !second) throw new Error("there are two");
    await room.clock.run(() => false, 20_000);
    expect([first.held.size, second.held.size]).toEqual([PIECES - 1, PIECES - 1]);
    second.kill();
    const saviour = room.add({ has: [0] });
    await finish(room, [first]);
    expectAll([first]);
    for (const one of [first, saviour]) one.kill();
    const late = room.add();
    await room.clock.run(() => isOver(late), 60_000);
    expect(late.failure()).toMatchObject({ code: "peer-failed" });
  });
});

describe("laptops that misbehave", () => {
  it("and send wrong pieces cost nobody more than three, even several at one address", async () => {
    const room = await createFakeRoom(4, MIB, RATE);
    room.add({ has: "all" });
    for (let identities = 0; identities < 4; identities++)
      room.add({ manner: "lying", address: "192.0.2.66" });
    const laptops = many(room, 12);
    await finish(room, laptops);
    expectAll(laptops);
    expect([...room.wrong.values()].length).toBeGreaterThan(0);
    expect(Math.max(...room.wrong.values())).toBeLessThanOrEqual(3);
  });

  it("and are a third of the class cost each one piece each; the others finish", async () => {
    const room = await createFakeRoom(5, MIB, RATE);
    room.add({ has: "all" });
    const laptops = many(room, 10);
    for (let liars = 0; liars < 5; liars++) room.add({ manner: "lying" });
    await finish(room, laptops);
    expectAll(laptops);
    expect(Math.max(...room.wrong.values())).toBeLessThanOrEqual(5);
    expect(served(laptops)).toBeGreaterThan(0);
  });

  it("by giving nothing that they promise are gone round", async () => {
    const room = await createFakeRoom(6, MIB, RATE);
    room.add({ has: "all" });
    for (let silent = 0; silent < 4; silent++) room.add({ manner: "silent" });
    const laptops = many(room, 10);
    await finish(room, laptops);
    expectAll(laptops);
    expect(room.clock.now()).toBeLessThan(20_000);
  });
});

it("a laptop that is switched off and on again fetches only what it lacks", async () => {
  const room = await createFakeRoom(7, MIB, RATE);
  const source = room.add({ has: "all" });
  const first = room.add();
  await room.clock.run(() => first.held.size === 10, 20_000);
  first.kill();
  const before = source.served();
  const again = room.add({ has: [...first.held.keys()] });
  await finish(room, [again]);
  expectAll([again]);
  expect(source.served() - before).toBe(PIECES - first.held.size);
});

it("whoever comes, goes or lies: what is stored is right, and complete in the end", async () => {
  for (let seed = 100; seed < 112; seed++) {
    const chance = seededRandom(seed);
    const room = await createFakeRoom(seed, MIB, RATE);
    room.add({ has: "all" });
    const stay = many(room, 4);
    for (let events = 0; events < 10; events++) {
      const kind = Math.floor(chance() * 4);
      if (kind === 0) room.add({ manner: "lying" });
      else if (kind === 1) room.add({ manner: "silent" });
      else if (kind === 2) room.add({ has: [Math.floor(chance() * PIECES)] });
      else
        [...room.laptops]
          .filter((one) => !stay.includes(one))
          .slice(1)[0]
          ?.kill();
      await room.clock.run(() => stay.every(isOver), chance() * 1_000);
    }
    await finish(room, stay, 120_000);
    expectAll(stay);
  }
});
