/** The steps of an update as events: each change of state at once, progress now and then. */
import type { Clock } from "../timing/clock.ts";
import { createThrottle } from "../timing/throttle.ts";
import type { OnEvent } from "./events.ts";
import type { LaptopStatus } from "./status.ts";

/** Between two events that differ only in progress: a log stays readable. */
const PROGRESS_MS = 1_000;

/** Tells of what `self` says from now on; what it gives ends that. */
export function tellUpdateSteps(status: LaptopStatus, clock: Clock, onEvent: OnEvent): () => void {
  let last = "";
  function tell(): void {
    const { state, target, progress, waitsFor } = status.report();
    last = `${state} ${target}`;
    if (target === undefined || state === "failed" || state === "held") return;
    const { done, total, rate, remainingMs } = progress ?? { done: 0, total: 0 };
    const shown = {
      ...{ done, total },
      ...(rate !== undefined && { rate }),
      ...(remainingMs !== undefined && { remainingMs }),
    };
    onEvent({
      event: "update",
      state,
      target,
      ...(progress && { progress: shown }),
      ...(waitsFor && { waitsFor }),
    });
  }
  const throttled = createThrottle(clock, PROGRESS_MS, tell);
  status.onChange(() => {
    const { state, target } = status.report();
    if (last === `${state} ${target}`) throttled.poke();
    else {
      throttled.stop();
      tell();
    }
  });
  return throttled.stop;
}
