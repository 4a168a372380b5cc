import { seededRandom } from "@infield/shared/testing";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { startDraws } from "./draws.ts";

const HOUR_MS = 3_600_000;
const DAYS = 30;

/** A room that was switched on at the same moment: hours at which somebody asked. */
function runRoom(laptops: number, seed: number, { stuck = 0, days = DAYS } = {}): number[] {
  const clock = createFakeClock(seededRandom(seed));
  const asked: number[] = [];
  for (let laptop = 0; laptop < laptops; laptop++) {
    startDraws({
      clock,
      neighbours: () => laptops - 1,
      isStuck: () => laptop < stuck,
      onDrawn: () => asked.push(clock.now() / HOUR_MS),
    });
  }
  clock.advance(days * 24 * HOUR_MS);
  return asked;
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

describe("draws", () => {
  it.each([1, 2, 30, 50])("have a room of %i ask about once a day", (laptops) => {
    const perDay = SEEDS.map((seed) => runRoom(laptops, seed).length / DAYS);
    for (const one of perDay) {
      expect(one).toBeGreaterThan(0.4);
      expect(one).toBeLessThan(1.8);
    }
    expect(mean(perDay)).toBeGreaterThan(0.8);
    expect(mean(perDay)).toBeLessThan(1.2);
  });

  it("fall on different laptops at different moments, also of a room that was switched on together", () => {
    const asked = SEEDS.flatMap((seed) => runRoom(30, seed));
    expect(new Set(asked).size).toBe(asked.length);
    const firstDays = SEEDS.map((seed) => runRoom(30, seed, { days: 1 }).length);
    expect(Math.max(...firstDays)).toBeLessThan(6);
  });

  it("come once an hour for the room as long as some of it are stuck", () => {
    const perHour = SEEDS.map((seed) => runRoom(30, seed, { stuck: 30, days: 4 }).length / 96);
    expect(mean(perHour)).toBeGreaterThan(0.8);
    expect(mean(perHour)).toBeLessThan(1.2);
  });

  it("are not kept from a laptop for ever by neighbours that somebody invents", () => {
    const clock = createFakeClock(seededRandom(1));
    let asked = 0;
    startDraws({
      clock,
      neighbours: () => 1_000_000,
      isStuck: () => false,
      onDrawn: () => asked++,
    });
    clock.advance(6400 * 24 * HOUR_MS);
    expect(asked).toBeGreaterThan(50);
  });

  it("end", () => {
    const clock = createFakeClock();
    const stop = startDraws({ clock, neighbours: () => 0, isStuck: () => true, onDrawn() {} });
    clock.advance(HOUR_MS);
    stop();
    expect(clock.waiting()).toBe(0);
  });
});
