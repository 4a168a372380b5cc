/** What the shared parts of both views say. */
import { formatDuration } from "@infield/shared/base";

export const texts = {
  cancel: "Cancel",
  step: (n: number) => `Step ${n}`,
  remaining: (ms: number) => `${formatDuration(ms)} left`,
  rate: (perSecond: string) => `${perSecond}/s`,
};

/** A program's message (no capital, no full stop) as a sentence. */
export function toSentence(message: string): string {
  const first = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
