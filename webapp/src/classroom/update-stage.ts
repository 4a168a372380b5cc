/**
 * How far the newest release has spread in this classroom, and so what there is to press and to
 * say.
 */
import type { Classroom, Report } from "@infield/shared/transfer";
import { texts } from "./texts.ts";

export interface UpdateStage {
  readonly title: string;
  /** The label of the button. */
  readonly order: string;
  /** `next`: the thing to do now. `again`: possible, but not needed. `none`: would do nothing. */
  readonly urge: "next" | "again" | "none";
  /** Why, if the title does not say so. */
  readonly note?: string;
}

/**
 * What the panel at the top offers. The classroom can always be told of a release it has not heard
 * of.
 */
export function updateStage({ self, laptops, latest }: Classroom): UpdateStage {
  const { order, orderAgain } = texts.update;
  if (latest === undefined) return { title: "", order, urge: "none", note: texts.update.noRelease };
  const { version } = latest;
  if (holdsBack(self, version))
    return { title: titleFor(self, version), order, urge: "none", note: resumeFirst(self) };
  if (self.version < version || !latest.announced)
    return { title: titleFor(self, version), order, urge: "next" };
  const behind = laptops.filter((laptop) => laptop.version < version);
  if (behind.length === 0)
    return {
      title: texts.update.newest(version),
      order,
      urge: "none",
      note: texts.update.allHave(version),
    };
  if (behind.every((laptop) => holdsBack(laptop, version)))
    return {
      title: texts.update.newest(version),
      order,
      urge: "none",
      note: texts.update.onlyHeld(version),
    };
  return {
    title: texts.update.told(version),
    order: orderAgain,
    urge: "again",
    note: texts.update.underWay,
  };
}

/**
 * True while a laptop refuses everything up to the version it left, by order or after a failed
 * health check.
 */
export function isHeld({ state, problem }: Report): boolean {
  return state === "held" || (state === "failed" && HOLD_CODES.has(problem?.code));
}

/** After these failures a laptop does not try the version again by itself. */
const HOLD_CODES: ReadonlySet<string | undefined> = new Set(["health-failed", "release-held"]);

/**
 * True when a laptop is behind `version` and refuses it. Nearly always the version it left is the
 * newest.
 */
function holdsBack(report: Report, version: number): boolean {
  return report.version < version && isHeld(report) && (report.target ?? version) >= version;
}

function titleFor(self: Report, version: number): string {
  if (self.state !== "failed" || self.target !== version) return texts.update.ready(version);
  return isHeld(self) ? texts.update.brokenHere(version) : texts.update.failedHere(version);
}

function resumeFirst(self: Report): string {
  return self.state === "held" ? texts.update.heldHere(self.target) : texts.update.resumeFirst;
}
