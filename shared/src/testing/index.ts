/** What tests of every part need: time and chance that can be repeated. */
export { createFakeClock, type FakeClock } from "./fake-clock.ts";
export { seededRandom } from "./random.ts";
