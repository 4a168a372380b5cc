/** The clock of this machine; the protocol takes one as a parameter. */
import type { Clock } from "@infield/shared/base";

export type { Clock } from "@infield/shared/base";

export const systemClock: Clock = {
  now: () => performance.now(),
  startTimer(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
