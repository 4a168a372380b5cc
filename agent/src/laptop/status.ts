/**
 * What this laptop says of itself: what the store says is installed, and what the agent is doing
 * about it.
 */
import type { InfieldError, Progress } from "@infield/shared/base";
import type { LaptopState, Report } from "@infield/shared/transfer";
import type { Root } from "../store/root/root.ts";
import type { WaitsFor } from "./waiting-file.ts";

/** What the agent is doing; the rest of a report follows from the store. */
interface Activity {
  readonly state: LaptopState;
  readonly target?: number;
  readonly progress?: Progress;
  readonly problem?: InfieldError;
  readonly waitsFor?: WaitsFor;
}

export interface LaptopStatus {
  report(): Report;
  /** Says what is being done now. */
  set(activity: Activity): void;
  /** Called whenever a report would say something else than before. */
  onChange(listen: () => void): void;
}

/** `teachers` are the ids of the keys whose orders it obeys. */
export function createLaptopStatus(
  root: Root,
  name: string,
  teachers: readonly string[],
): LaptopStatus {
  const listeners: (() => void)[] = [];
  let activity: Activity = { state: "resting" };

  return {
    report() {
      const { current, previous, held, holding } = root.state();
      const { progress, problem, waitsFor } = activity;
      // At rest a hold is what a teacher has to know; a failure says more than the hold it may have
      // left behind.
      const left = held !== undefined && held > current ? held : undefined;
      const isHeld = activity.state === "resting" && (holding === true || left !== undefined);
      const target = isHeld ? left : activity.target;
      return {
        id: root.identity.laptopId,
        name,
        version: current,
        ...(previous !== undefined && { previous }),
        state: isHeld ? "held" : activity.state,
        ...(target !== undefined && { target }),
        ...(progress && { progress }),
        ...(waitsFor && !isHeld && { waitsFor }),
        ...(problem && {
          problem: { code: problem.code, message: problem.message, hint: problem.hint },
        }),
        teachers: [...teachers],
      };
    },
    set(next) {
      activity = next;
      for (const listen of listeners) listen();
    },
    onChange: (listen) => void listeners.push(listen),
  };
}

/** An update is under way. */
export function isWorking(state: LaptopState): boolean {
  return state === "fetching" || state === "building" || state === "checking";
}
