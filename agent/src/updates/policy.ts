/**
 * When a release is taken that neighbours have (docs/protocol.md, rule 2.15): an urgent one at
 * once, any other when it disturbs nobody. Waiting has an end that no clock on the wall decides, as
 * those are wrong; and a person who asks does not wait.
 */
import { readFile } from "node:fs/promises";
import { isOnMains } from "../host/power.ts";
import {
  clearWaiting,
  readWaiting,
  type Waiting,
  type WaitsFor,
  writeWaiting,
} from "../laptop/waiting-file.ts";
import type { Clock } from "../timing/clock.ts";

/** Local time, in minutes after midnight; `from` may be later than `until`, over midnight. */
export interface QuietHours {
  readonly from: number;
  readonly until: number;
}

export interface PolicyOptions {
  readonly clock: Clock;
  /** Where it is remembered for how long something has waited. */
  readonly root: string;
  readonly waitsOnBattery: boolean;
  readonly quietHours: QuietHours | undefined;
  /** What this laptop knows of itself. */
  readonly senses: Senses;
}

export interface Senses {
  isOnMains(): Promise<boolean>;
  isLidClosed(): Promise<boolean>;
  /** Local time, in minutes after midnight. */
  minuteOfDay(): number;
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
 * be like that for ever.
 */
const LONGEST_WAIT_MINUTES = 24 * 60;
/** How long a person's wish counts: finding a neighbour, fetching and installing on a bad day. */
const WISH_MS = 15 * 60_000;
const MINUTE_MS = 60_000;
/** Between two notes of how long it has been: what a start that comes in between forgets. */
const NOTE_MINUTES = 15;

export function createPolicy(options: PolicyOptions): UpdatePolicy {
  const { clock, root, senses, quietHours } = options;
  let wishedUntil = Number.NEGATIVE_INFINITY;
  /** What was counted before the last judgement, and when that was. */
  let waiting: Waiting | undefined;
  let countedAt: number | undefined;
  let notedMinutes = 0;

  async function reason(): Promise<WaitsFor | undefined> {
    if (quietHours && isWithin(quietHours, senses.minuteOfDay())) return "hours";
    if (await senses.isOnMains()) return undefined;
    // In a bag it would get hot, and the battery empty, with nobody to see it.
    if (await senses.isLidClosed()) return "lid";
    return options.waitsOnBattery ? "charger" : undefined;
  }

  /** A disk that fails has the wait begin anew, and nothing else. */
  const remembered = () => readWaiting(root).catch(() => undefined);

  /**
   * Minutes waited in all, other releases before this one included: each new one would begin anew
   * otherwise.
   */
  async function countMinutes(): Promise<number> {
    waiting ??= await remembered();
    const since = countedAt ?? clock.now();
    countedAt = clock.now();
    return (waiting?.minutes ?? 0) + (countedAt - since) / MINUTE_MS;
  }

  /** Seldom, as each time wakes a disk. A full one keeps nobody from waiting. */
  async function note(next: Waiting): Promise<void> {
    const last = waiting;
    waiting = next;
    if (
      last?.version === next.version &&
      last.waitsFor === next.waitsFor &&
      next.minutes < notedMinutes + NOTE_MINUTES
    )
      return;
    notedMinutes = next.minutes;
    await writeWaiting(root, next).catch(() => {});
  }

  async function endWaiting(): Promise<undefined> {
    if (waiting || (await remembered())) await clearWaiting(root).catch(() => {});
    waiting = undefined;
    countedAt = undefined;
  }

  return {
    async judge({ version, urgent }) {
      const why = urgent || clock.now() < wishedUntil ? undefined : await reason();
      if (why === undefined) return endWaiting();
      const minutes = await countMinutes();
      if (minutes >= LONGEST_WAIT_MINUTES) return endWaiting();
      await note({ version, waitsFor: why, minutes });
      return why;
    },
    overrule() {
      wishedUntil = clock.now() + WISH_MS;
    },
  };
}

function isWithin({ from, until }: QuietHours, minute: number): boolean {
  return from <= until ? from <= minute && minute < until : minute >= from || minute < until;
}

/** As Linux tells it. What it does not tell counts as mains power and an open lid. */
export const linuxSenses: Senses = {
  isOnMains: () => isOnMains(),
  isLidClosed: () => isLidClosed(),
  minuteOfDay() {
    const now = new Date();
    return now.getHours() * 60 + now.getMinutes();
  },
};

/** Where the kernel says whether a lid is closed (drivers/acpi/button.c). */
const LIDS = ["LID", "LID0", "LID1"].map((lid) => `/proc/acpi/button/lid/${lid}/state`);

export async function isLidClosed(files: readonly string[] = LIDS): Promise<boolean> {
  const states = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return states.some((state) => /\bclosed\b/.test(state));
}
