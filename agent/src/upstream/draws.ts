/**
 * When to ask a web server that a whole room may ask: by lot, so that the room asks about once a
 * day however many laptops it has, and nobody has to be chosen (docs/protocol.md, section 9). Only
 * the monotonic clock counts: what a laptop takes for the date is nothing to it.
 */
import { MAX_PEERS } from "@infield/shared/base";
import type { Clock } from "../timing/clock.ts";

interface DrawOptions {
  readonly clock: Clock;
  /** Other laptops of the room, as far as they are seen. */
  neighbours(): number;
  /** Something was announced here that no neighbour can give. */
  isStuck(): boolean;
  /** The lot fell on this laptop. */
  onDrawn(): void;
}

const HOUR_MS = 3_600_000;
/** Hours in which the room asks once. */
const ROOM_HOURS = 24;
/**
 * The same while this laptop lacks what nobody has: those in want are few, and stop as soon as one
 * of them has it.
 */
const STUCK_ROOM_HOURS = 1;

/**
 * Draws once an hour, the first time within the first hour by chance (rules 9.1 and 9.2). Returns
 * what ends it.
 */
export function startDraws({ clock, neighbours, isStuck, onDrawn }: DrawOptions): () => void {
  let cancel = clock.startTimer(clock.random() * HOUR_MS, draw);
  function draw(): void {
    cancel = clock.startTimer(HOUR_MS, draw);
    const hours = isStuck() ? STUCK_ROOM_HOURS : ROOM_HOURS;
    // Whoever invents neighbours (rule 7.7) keeps nobody from the web for ever.
    const laptops = Math.min(neighbours() + 1, MAX_PEERS);
    if (clock.random() * hours * laptops < 1) onDrawn();
  }
  return () => cancel();
}
