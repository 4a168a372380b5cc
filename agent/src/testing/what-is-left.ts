/** What would keep the process of an agent alive after it was stopped. */
import { vi } from "vitest";
import { systemClock } from "../timing/clock.ts";

/** UDP sockets of this process. The event loop lets go of closed ones at the end of its turn. */
export async function countUdpSockets(): Promise<number> {
  for (let turns = 0; turns < 2; turns++)
    await new Promise<void>((resolve) => setImmediate(resolve));
  return process.getActiveResourcesInfo().filter((kind) => kind === "UDPWrap").length;
}

/** Counts the timers that agents of this process start from now on and that still wait. */
export function watchTimers(): () => number {
  const waiting = new Set<symbol>();
  const { startTimer } = systemClock;
  vi.spyOn(systemClock, "startTimer").mockImplementation((ms, run) => {
    const timer = Symbol();
    waiting.add(timer);
    const cancel = startTimer(ms, () => {
      waiting.delete(timer);
      run();
    });
    return () => {
      waiting.delete(timer);
      cancel();
    };
  });
  return () => waiting.size;
}
