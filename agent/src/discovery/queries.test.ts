import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createQueries } from "./queries.ts";

/** A laptop that waits for what is newer than 4, and when it asked. */
function setUp() {
  const clock = createFakeClock();
  const asked: number[] = [];
  const queries = createQueries({ clock, version: () => 4, send: () => asked.push(clock.now()) });
  return { clock, asked, queries };
}

describe("a question", () => {
  it("is asked once more when nobody answers, and then no more", () => {
    const { clock, asked, queries } = setUp();
    queries.ask();
    clock.advance(60_000);
    expect(asked).toEqual([0, 2_500]);
    expect(clock.waiting()).toBe(0);
  });

  it("that is answered is not repeated, and asked again from where the answer led", () => {
    const { clock, asked, queries } = setUp();
    queries.ask();
    clock.advance(1_000);
    queries.answered();
    clock.advance(60_000);
    expect(asked).toEqual([0]);
    queries.moved();
    expect(asked.length).toBe(2);
    clock.advance(60_000);
    queries.moved();
    expect(asked.length).toBe(3);
  });

  it("is not asked after an update that no question led to", () => {
    const { asked, queries } = setUp();
    queries.answered();
    queries.moved();
    expect(asked).toEqual([]);
  });

  it("is asked by who hears of more in another's question, once in half a minute", () => {
    const { clock, asked, queries } = setUp();
    queries.hear(3);
    queries.hear(4);
    clock.advance(5_000);
    expect(asked).toEqual([]);
    for (let second = 0; second < 29; second++) {
      queries.hear(5 + second);
      clock.advance(1_000);
    }
    expect(asked.length).toBe(2);
    clock.advance(30_000);
    queries.hear(5);
    clock.advance(2_000);
    expect(asked.length).toBe(3);
  });

  it("is left to another in the same place who is faster", () => {
    const { clock, asked, queries } = setUp();
    queries.hear(5);
    clock.advance(500);
    queries.hear(4);
    clock.advance(60_000);
    expect(asked).toEqual([]);
  });

  it("is not asked by a laptop that has stopped", () => {
    const { clock, asked, queries } = setUp();
    queries.ask();
    queries.stop();
    clock.advance(60_000);
    expect(asked).toEqual([0]);
  });
});
