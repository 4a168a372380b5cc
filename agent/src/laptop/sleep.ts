/**
 * Sleep and waking (docs/protocol.md, rules 1.5 and 1.6): what speaks or listens is quiet in
 * between, so that nothing but an urgent release wakes the laptop. An operator's hook tells of
 * both; a laptop that slept unawares finds out by itself.
 */
import type { OnEvent } from "./events.ts";

/** Something that is quiet while the laptop sleeps. */
export interface Pausable {
  /** Resolves once it is quiet. */
  pause(): Promise<void>;
  /** Goes on. It may come without a pause, when nobody told of the sleep. */
  resume(): void;
}

interface SleepOptions {
  readonly parts: readonly Pausable[];
  /** Looks at the network interfaces: the radio was off. */
  lookAround(): void;
  readonly onEvent: OnEvent;
}

export interface Sleep {
  /** Resolves once everything is quiet, whatever of it failed. */
  sleep(): Promise<void>;
  wake(): void;
}

export function createSleep({ parts, lookAround, onEvent }: SleepOptions): Sleep {
  return {
    async sleep() {
      await Promise.allSettled(parts.map((part) => part.pause()));
      onEvent({ event: "asleep" });
    },
    wake() {
      onEvent({ event: "awake" });
      lookAround();
      for (const part of parts) part.resume();
    },
  };
}
