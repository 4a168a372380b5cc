import { beforeEach, describe, expect, it } from "vitest";
import type { Sighting } from "../laptop/events.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { Neighbours } from "./neighbours.ts";
import type { Heard } from "./records.ts";

const OWN = "0000000000000000";
const HOUR_MS = 3_600_000;

let clock: ReturnType<typeof createFakeClock>;
let sightings: Sighting[];
let neighbours: Neighbours;
beforeEach(() => {
  clock = createFakeClock();
  sightings = [];
  neighbours = new Neighbours(clock, OWN, (sighting) => void sightings.push(sighting));
});

const idOf = (number: number) => number.toString(16).padStart(16, "0");

function heard(number: number, more: Partial<Heard> = {}): Heard {
  const id = idOf(number);
  const said = { name: `desk ${number}`, release: 1 };
  return {
    ...{ id, instance: `desk ${number} ${id}._infield._tcp.local`, said, port: 7461 },
    ...{ foreign: false, gone: false, ttlSeconds: 4500 },
    ...more,
  };
}

/** A record that brings no TXT with it. */
function withoutText(number: number, more: Partial<Heard> = {}): Heard {
  const { said: _, ...rest } = heard(number);
  return { ...rest, ...more };
}

describe("neighbours", () => {
  it("are those who say something, each once, with where they were heard last", () => {
    neighbours.hear("10.0.0.1", [heard(1), heard(2), heard(0)]);
    neighbours.hear("10.0.1.1", [heard(1)]);
    expect(neighbours.list()).toEqual([
      { id: idOf(1), name: "desk 1", release: 1, address: "10.0.1.1", port: 7461 },
      { id: idOf(2), name: "desk 2", release: 1, address: "10.0.0.1", port: 7461 },
    ]);
  });

  it("are told of when they appear, change and go, and not when they say the same again", () => {
    neighbours.hear("10.0.0.1", [heard(1)]);
    neighbours.hear("10.0.0.1", [heard(1)]);
    neighbours.hear("10.0.0.1", [heard(1, { said: { name: "desk 1", release: 2 } })]);
    neighbours.hear("10.0.0.1", [withoutText(1, { gone: true })]);
    expect(sightings.map(({ state, release }) => [state, release])).toEqual([
      ["appeared", 1],
      ["changed", 2],
      ["gone", 2],
    ]);
    expect(neighbours.list()).toEqual([]);
  });

  it("are not taken away by a goodbye from another address", () => {
    neighbours.hear("10.0.0.1", [heard(1)]);
    neighbours.hear("10.0.0.9", [withoutText(1, { gone: true })]);
    expect(neighbours.list()).toHaveLength(1);
  });

  it("are forgotten when they follow another channel", () => {
    neighbours.hear("10.0.0.1", [heard(1)]);
    neighbours.hear("10.0.0.1", [withoutText(1, { foreign: true })]);
    expect(neighbours.list()).toEqual([]);
  });

  it("are forgotten when their time is over, which nobody can make longer than 75 minutes", () => {
    neighbours.hear("10.0.0.1", [
      heard(1, { ttlSeconds: 60 }),
      heard(2, { ttlSeconds: 0xffff_ffff }),
    ]);
    clock.advance(60_000);
    expect(neighbours.list().map(({ id }) => id)).toEqual([idOf(2)]);
    clock.advance(1.25 * HOUR_MS);
    expect(neighbours.list()).toEqual([]);
    expect(clock.waiting()).toBe(0);
  });

  it("last longer with every PTR or TXT record, and not with the port alone", () => {
    neighbours.hear("10.0.0.1", [heard(1)]);
    clock.advance(HOUR_MS);
    neighbours.hear("10.0.0.1", [withoutText(1)]);
    clock.advance(HOUR_MS);
    expect(neighbours.list()).toHaveLength(1);
    neighbours.hear("10.0.0.1", [withoutText(1, { ttlSeconds: 0, port: 7999 })]);
    expect(neighbours.list()[0]?.port).toBe(7999);
    clock.advance(HOUR_MS);
    expect(neighbours.list()).toEqual([]);
  });

  it("of whom nothing but the name was heard have to be asked for", () => {
    expect(neighbours.hear("10.0.0.1", [withoutText(1), heard(2), withoutText(0)])).toEqual([
      heard(1).instance,
    ]);
    expect(neighbours.hear("10.0.0.1", [withoutText(2)])).toEqual([]);
    expect(neighbours.list().map(({ id }) => id)).toEqual([idOf(2)]);
  });

  it("need not answer while more than half of their time is left", () => {
    neighbours.hear("10.0.0.1", [heard(1)]);
    clock.advance(HOUR_MS / 2);
    expect(neighbours.wellKnown()).toEqual([{ instance: heard(1).instance, ttlSeconds: 2700 }]);
    clock.advance(HOUR_MS / 2);
    expect(neighbours.wellKnown()).toEqual([]);
  });

  it("are eight of one address at the most, those heard last", () => {
    for (let number = 1; number <= 10; number++) neighbours.hear("10.0.0.1", [heard(number)]);
    expect(neighbours.list().map(({ id }) => id)).toEqual([3, 4, 5, 6, 7, 8, 9, 10].map(idOf));
  });

  it("are 256 at the most, those heard last", () => {
    for (let number = 1; number <= 300; number++)
      neighbours.hear(`10.0.${number >> 8}.${number & 255}`, [heard(number)]);
    const ids = neighbours.list().map(({ id }) => id);
    expect(ids).toHaveLength(256);
    expect(ids[0]).toBe(idOf(45));
  });
});
