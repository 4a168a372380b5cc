/** `--quiet-hours HH:MM-HH:MM` */
import { InfieldError } from "@infield/shared/base";
import type { QuietHours } from "../../updates/policy.ts";

const TIME = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/;

/** Undefined when none are given. Throws `usage`. */
export function readQuietHours(text: string | undefined): QuietHours | undefined {
  if (text === undefined) return undefined;
  const [from, until] = minutesIn(text);
  if (from !== undefined && until !== undefined && from !== until) return { from, until };
  throw new InfieldError(
    "usage",
    `--quiet-hours ${JSON.stringify(text)} is not two different times of day`,
    "write them like 08:00-13:00; 22:00-06:00 goes over midnight",
  );
}

function minutesIn(text: string): [number?, number?] {
  const [hour, minute, untilHour, untilMinute] = (TIME.exec(text) ?? []).slice(1).map(Number);
  if (
    hour === undefined ||
    minute === undefined ||
    untilHour === undefined ||
    untilMinute === undefined
  )
    return [];
  return [hour * 60 + minute, untilHour * 60 + untilMinute];
}
