/**
 * What changes around a laptop without anybody telling: network interfaces come and go, and it may
 * have slept. Looked for often after a start, a change or a wake-up, when a radio is on its way,
 * and then ever more seldom, so that a laptop at rest rests.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../timing/clock.ts";
import { chooseInterfaces, type NetworkInterface } from "./interfaces.ts";

interface NetworkWatchOptions {
  readonly clock: Clock;
  /**
   * Of the machine, which people and time servers set, and which goes on in sleep: milliseconds.
   */
  wallClock(): number;
  /** Names of interfaces; all that run when undefined. */
  readonly names: readonly string[] | undefined;
  readInterfaces?(names: readonly string[] | undefined): NetworkInterface[];
  /** The interfaces, at every look: what failed may be tried again. */
  onLook(interfaces: readonly NetworkInterface[]): void;
  /** This laptop has slept. */
  onSlept(): void;
}

interface NetworkWatch {
  /** As they were at the last look. */
  interfaces(): readonly NetworkInterface[];
  /** Looks now, and often for a while. */
  look(): void;
  stop(): void;
}

/** A radio takes some seconds to be up; a card that is plugged in waits a minute at the most. */
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;
/**
 * By how much the wall clock has to run ahead to mean sleep: more than a busy laptop is late, less
 * than any sleep worth a question.
 */
const SLEPT_MS = 20_000;

export function watchNetwork(options: NetworkWatchOptions): NetworkWatch {
  const { clock, names, wallClock } = options;
  const read = options.readInterfaces ?? chooseInterfaces;
  let interfaces = read(names);
  let pauseMs = FIRST_PAUSE_MS;
  let cancel = () => {};
  let behindMs = wallClock() - clock.now();

  /**
   * How far the wall clock is ahead of the one that stands still in sleep says how long this laptop
   * slept, unless somebody set it.
   */
  function checkSlept(): void {
    const before = behindMs;
    behindMs = wallClock() - clock.now();
    if (behindMs - before < SLEPT_MS) return;
    pauseMs = FIRST_PAUSE_MS;
    options.onSlept();
  }

  function look(): void {
    const before = interfaces;
    interfaces = read(names);
    if (!isDeepStrictEqual(interfaces, before)) pauseMs = FIRST_PAUSE_MS;
    checkSlept();
    options.onLook(interfaces);
    plan();
  }

  function plan(): void {
    cancel();
    cancel = clock.startTimer(pauseMs, look);
    pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
  }

  plan();
  return {
    interfaces: () => interfaces,
    look() {
      pauseMs = FIRST_PAUSE_MS;
      // Whoever has it look knows of the sleep.
      behindMs = wallClock() - clock.now();
      look();
    },
    stop: () => cancel(),
  };
}
