/**
 * Names of channels and laptops: one line that the page and the packets of a classroom can show.
 */
import { hostname } from "node:os";
import { InfieldError, MAX_NAME_CHARS } from "@infield/shared/base";

/** `what` is what the command line calls it. Throws `usage`. */
export function checkName(name: string, what: string): string {
  if (name.length > MAX_NAME_CHARS) {
    throw new InfieldError(
      "usage",
      `${what} is over ${MAX_NAME_CHARS} characters`,
      "choose a shorter one",
    );
  }
  if (/\p{Cc}/u.test(name)) {
    throw new InfieldError(
      "usage",
      `${what} holds control characters`,
      "write it in one line of plain text",
    );
  }
  return name;
}

/**
 * What a laptop is called that was given no name. Linux allows 64 characters, other systems more
 * (hostname(7)).
 */
export function machineName(): string {
  return hostname()
    .replace(/\p{Cc}/gu, "")
    .slice(0, MAX_NAME_CHARS);
}
