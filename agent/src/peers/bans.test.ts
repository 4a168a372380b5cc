import { expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createBans } from "./bans.ts";

const MINUTE_MS = 60_000;
const liar = { address: "192.0.2.66", id: "00000000000000aa" };
const renamed = { ...liar, id: "00000000000000ab" };
const neighbour = { ...liar, id: "00000000000000ac" };

it("a liar is banned by address and id, after the second lie by its address; both end", () => {
  const clock = createFakeClock();
  const bans = createBans(clock);
  bans.lied(liar);
  expect([bans.has(liar), bans.has(renamed), bans.has({ ...liar, address: "192.0.2.67" })]).toEqual(
    [true, false, false],
  );
  bans.lied(renamed);
  expect(bans.has(neighbour)).toBe(true);
  clock.advance(10 * MINUTE_MS);
  expect([bans.has(liar), bans.has(renamed), bans.has(neighbour)]).toEqual([false, false, false]);
  bans.lied(liar);
  expect(bans.has(neighbour)).toBe(false);
});

it("agents on one machine are not answerable for each other", () => {
  const bans = createBans(createFakeClock());
  for (const id of ["00000000000000aa", "00000000000000ab"])
    bans.lied({ address: "127.0.0.1", id });
  expect(bans.has({ address: "127.0.0.1", id: "00000000000000ac" })).toBe(false);
});

it("one that was slow is left alone for a moment, which never shortens a ban", () => {
  const clock = createFakeClock();
  const bans = createBans(clock);
  bans.failed(neighbour);
  bans.lied(liar);
  bans.failed(liar);
  expect(bans.has(neighbour)).toBe(true);
  clock.advance(15_000);
  expect([bans.has(neighbour), bans.has(liar)]).toEqual([false, true]);
});

it("however many there are, the oldest is forgotten", () => {
  const bans = createBans(createFakeClock());
  for (let number = 0; number < 1_000; number++)
    bans.lied({ address: `10.0.${number >> 8}.${number & 255}`, id: "aa" });
  expect(bans.has({ address: "10.0.0.0", id: "aa" })).toBe(false);
  expect(bans.has({ address: "10.0.3.231", id: "aa" })).toBe(true);
});
