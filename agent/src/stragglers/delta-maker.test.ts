/**
 * What a laptop makes for stragglers, and what it does not. The making itself is a stand-in here;
 * stragglers.test.ts has the real one.
 */
import type { BlobRecord } from "@infield/shared/records";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AgentEvent } from "../laptop/events.ts";
import { openRoot } from "../store/root/open-root.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { codeOf } from "../testing/neighbours.ts";
import { createDeltaMaker, type DeltaMaker } from "./delta-maker.ts";

let fixture: ChannelFixture;
/** A laptop at 2 that has 1 as well. */
let root: OpenRoot;
let maker: DeltaMaker;

beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}]);
  root = await openRoot(await fixture.makeRoot("laptop", 2));
});
afterEach(() => maker.stop());
afterAll(async () => {
  await root.close();
  await fixture.remove();
});

function setUp({ onMains = true, prepared = false, fails = false } = {}) {
  const clock = createFakeClock();
  const events: AgentEvent[] = [];
  const making: { from: number; to: number; signal: AbortSignal }[] = [];
  maker = createDeltaMaker({
    ...{ root, clock },
    isOnMains: async () => onMains,
    make: (from, to, signal) =>
      new Promise<BlobRecord>((_, reject) => {
        making.push({ from, to, signal });
        if (fails) reject(new Error("out of memory"));
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    isPrepared: () => prepared,
    onEvent: (event) => void events.push(event),
  });
  const ask = (from: number, to: number, at = from) => codeOf(maker.answer({ from, to }, at));
  return { clock, events, making, ask };
}

describe("a laptop that is asked for a delta", () => {
  it("makes it once, however many ask for it", async () => {
    const { making, ask } = setUp();
    const asked = await Promise.all([ask(1, 2), ask(1, 2), ask(1, 2)]);
    expect([...asked, await ask(1, 2)]).toEqual(Array(4).fill("delta-pending"));
    expect(making).toHaveLength(1);
  });

  it("makes none that it cannot make, or that the asker has no use for", async () => {
    const { making, ask } = setUp();
    expect(await ask(1, 3)).toBe("no-path");
    expect(await ask(0, 1)).toBe("no-path");
    expect(await ask(2, 2)).toBe("no-path");
    expect(await ask(1, 2, 0)).toBe("no-path");
    expect(making).toEqual([]);
  });

  it("makes one at a time", async () => {
    const { making, ask } = setUp();
    expect([await ask(1, 2), await ask(0, 2)]).toEqual(["delta-pending", "delta-pending"]);
    expect(making).toHaveLength(1);
  });

  it("makes none on battery, but has a page prepare it", async () => {
    expect(await setUp({ onMains: false }).ask(1, 2)).toBe("no-path");
    expect(await setUp({ onMains: false, prepared: true }).ask(1, 2)).toBe("delta-pending");
  });

  it("gives up one that takes too long, and does not begin again for a while", async () => {
    const { clock, events, making, ask } = setUp();
    await ask(1, 2);
    clock.advance(10 * 60_000);
    expect(making[0]?.signal.aborted).toBe(true);
    await maker.stop();
    expect(events.at(-1)).toEqual({
      ...{ event: "delta", state: "failed", from: 1, to: 2 },
      reason: "it was given up",
    });
  });

  it("tries one that could not be made again after five minutes", async () => {
    const { clock, making, ask } = setUp({ fails: true });
    await ask(1, 2);
    expect(await ask(1, 2)).toBe("no-path");
    clock.advance(5 * 60_000);
    expect(await ask(1, 2)).toBe("delta-pending");
    expect(making).toHaveLength(2);
  });

  it("ends what it makes when the agent stops", async () => {
    const { making, ask } = setUp();
    await ask(1, 2);
    await maker.stop();
    expect(making[0]?.signal.aborted).toBe(true);
    expect(await ask(1, 2)).toBe("no-path");
  });
});
