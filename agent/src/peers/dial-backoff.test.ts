import { peerFailed } from "@infield/shared/transfer";
import { expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { dialWithBackoff } from "./dial-backoff.ts";
import type { PeerLink } from "./peer-link.ts";

it("an address where nobody said hello is left alone, longer each time, on any port", async () => {
  const clock = createFakeClock();
  const dialled: string[] = [];
  let there = false;
  const dial = dialWithBackoff(clock, async (address, port) => {
    dialled.push(`${address} ${port}`);
    if (!there) throw peerFailed("is not there");
    return {} as PeerLink;
  });
  const tries = async (port: number, address = "192.0.2.7") => {
    const before = dialled.length;
    await dial(address, port).catch(() => {});
    return dialled.length - before;
  };
  expect([await tries(2000), await tries(2001), await tries(2000, "192.0.2.8")]).toEqual([1, 0, 1]);
  clock.advance(5_000);
  expect([await tries(2002), await tries(2002)]).toEqual([1, 0]);
  clock.advance(5_000);
  expect(await tries(2003)).toBe(0);
  clock.advance(5_000);
  there = true;
  expect([await tries(2003), await tries(2003)]).toEqual([1, 1]);
});
