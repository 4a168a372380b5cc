/** A class that fetches one blob over one crowded channel: the protocol's own parts on a fake medium and a seeded clock. */
import { describe, expect, it } from "vitest";
import { createFakeRoom } from "./testing/fake-laptops.ts";

const MIB = 1024 * 1024;
/** 20 Mbit/s, for all together. */
const RATE = 2_500_000;

describe("thirty laptops that fetch a megabyte from one, over 20 Mbit/s for all", () => {
  it("have it in fifteen seconds, and hardly a byte travels twice", async () => {
    const room = await createFakeRoom(1, MIB, RATE);
    room.add("all");
    const laptops = Array.from({ length: 30 }, () => room.add("nothing"));
    await room.run(laptops, 60_000);
    expect(laptops.map((one) => one.failure)).toEqual(laptops.map(() => undefined));
    expect(room.clock.now()).toBeLessThan(15_000);
  });
});
