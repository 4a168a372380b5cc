/** The clock of tests, on Node: promises settle in the shortest turn of its event loop. */
import { createFakeClock as createClock, type FakeClock } from "@infield/shared/testing";

export type { FakeClock } from "@infield/shared/testing";

export function createFakeClock(random?: () => number): FakeClock {
  return createClock(random, () => new Promise(setImmediate));
}
