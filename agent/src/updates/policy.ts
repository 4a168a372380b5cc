/**
 * When a release is taken that neighbours have (docs/protocol.md, rule 2.15): an urgent one at
 * once, any other when it disturbs nobody. Waiting ends by a clock that only counts, as clocks on
 * the wall are wrong; and a person who asks does not wait.
 */
import type { WaitsFor } from "../laptop/waiting-file.ts";
import type { Clock } from "../timing/clock.ts";
import type { Conditions } from "./conditions.ts";
import { WaitingTime } from "./waiting-time.ts";

/** Local time, in minutes after midnight; `from` may be later than `until`, over midnight. */
export interface QuietHours {
  readonly from: number;
  readonly until: number;
}

export interface PolicyOptions {
  readonly clock: Clock;
  /** The laptop's folder, where it is noted for how long something has waited. */
  readonly root: string;
  readonly waitsOnBattery: boolean;
  readonly quietHours: QuietHours | undefined;
  readonly conditions: Conditions;
}

export interface UpdatePolicy {
  /** What a release waits for, or undefined when it is to be taken now. */
  judge(release: {
    readonly version: number;
    readonly urgent: boolean;
  }): Promise<WaitsFor | undefined>;
  /** A person wants something newer now: for a while, nothing waits. */
  overrule(): void;
}

/**
 * A release that waited for so long, while the agent ran, is taken: a battery, a lid or a clock may
 * stay as it is for ever.
 */
const LONGEST_WAIT_MINUTES = 24 * 60;
/** How long a person's wish counts: finding a neighbour, fetching and installing on a bad day. */
const WISH_MS = 15 * 60_000;

export function createPolicy(options: PolicyOptions): UpdatePolicy {
  const { clock, root } = options;
  const waitingTime = new WaitingTime(root, clock);
  let wishedUntil = Number.NEGATIVE_INFINITY;

  async function takeNow(): Promise<undefined> {
    await waitingTime.end();
  }

  return {
    async judge({ version, urgent }) {
      const isWanted = urgent || clock.now() < wishedUntil;
      const waitsFor = isWanted ? undefined : await reasonToWait(options);
      if (waitsFor === undefined) return takeNow();
      const minutes = await waitingTime.count();
      if (minutes >= LONGEST_WAIT_MINUTES) return takeNow();
      await waitingTime.note(version, waitsFor, minutes);
      return waitsFor;
    },
    overrule() {
      wishedUntil = clock.now() + WISH_MS;
    },
  };
}

async function reasonToWait(options: PolicyOptions): Promise<WaitsFor | undefined> {
  const { conditions, quietHours, waitsOnBattery } = options;
  if (quietHours && isWithin(quietHours, conditions.minuteOfDay())) return "hours";
  if (await conditions.isOnMains()) return undefined;
  // In a bag it would get hot and its battery empty, with nobody to see it.
  if (await conditions.isLidClosed()) return "lid";
  return waitsOnBattery ? "charger" : undefined;
}

function isWithin({ from, until }: QuietHours, minute: number): boolean {
  return from <= until ? from <= minute && minute < until : minute >= from || minute < until;
}
