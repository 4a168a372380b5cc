/**
 * Debug output (docs/debugging.md): lines on standard error for whoever looks for the reason of
 * something. `INFIELD_DEBUG=announce,peers` turns on two areas, `INFIELD_DEBUG=*` all of them.
 */
import { formatWithOptions } from "node:util";

/** Each area, and what its lines tell. */
export const DEBUG_AREAS = {
  announce: "packets heard and what was done with them, groups, announcements and queries sent",
  deltas: "routes to a release, deltas made for stragglers",
  fetch: "who is asked for which piece, and how fast each answers",
  network: "interfaces that come and go, sleep and waking",
  page: "connections of pages, what they ask for, orders given and obeyed",
  peers: "connections to neighbours: dialled, accepted, refused, closed",
  presence: "DNS-SD: who publishes for us, neighbours seen",
  repair: "what the check at rest reads and finds",
  store: "what is written, switched, removed and recovered in the root",
  update: "steps of an update: check, fetch, build, switch, confirm",
  upstream: "when the web server is asked, and what comes of it",
} as const;

export type DebugArea = keyof typeof DEBUG_AREAS;

export interface Debug {
  /** Prints a line, its values put in as by util.format; off, it does nothing. */
  (message: string, ...values: readonly unknown[]): void;
  /** For what takes work to put together. */
  readonly enabled: boolean;
}

const silent: Debug = Object.assign(() => {}, { enabled: false });

/** What prints the lines of an area, or nothing while that is off. */
export function debug(area: DebugArea, wanted = process.env.INFIELD_DEBUG): Debug {
  if (!isWanted(area, wanted)) return silent;
  const print = (message: string, ...values: readonly unknown[]) => {
    const time = new Date().toISOString();
    process.stderr.write(`${time} ${area}: ${formatLine(message, values)}\n`);
  };
  return Object.assign(print, { enabled: true });
}

/** One line, whatever the values are; of an error its code and message, without the stack. */
function formatLine(message: string, values: readonly unknown[]): string {
  const shown = values.map((value) => {
    if (!(value instanceof Error)) return value;
    return "code" in value ? `${value.code}: ${value.message}` : value.message;
  });
  return formatWithOptions({ breakLength: Infinity, compact: true }, message, ...shown);
}

function isWanted(area: DebugArea, wanted = ""): boolean {
  return wanted.split(",").some((name) => name.trim() === area || name.trim() === "*");
}
