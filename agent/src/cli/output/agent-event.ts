/** What a running agent tells, for people: the events that change something, a line each. */
import type { AgentEvent } from "../../laptop/events.ts";

/** Undefined for what would only scroll by: packets, groups, every step of progress. */
export function formatEvent(event: AgentEvent): string | undefined {
  switch (event.event) {
    case "ready":
      return event.version === 0
        ? "ready, nothing installed yet"
        : `ready, at release ${event.version}`;
    case "announced":
      return `tells its neighbours of release ${event.version}${event.urgent ? ", which is urgent" : ""}`;
    case "update":
      if (event.waitsFor) return `release ${event.target} is there, and waits (${event.waitsFor})`;
      return event.progress === undefined ? `${event.state} release ${event.target}` : undefined;
    case "confirmed":
      return `release ${event.version} is in use`;
    case "boot-needed":
      return `version ${event.version} is installed, and the next boot leads to it`;
    case "failed":
      return `release ${event.target} was not taken: ${event.message}\n  ${event.hint}`;
    case "rolled-back":
      return `back at release ${event.version}; release ${event.left} will not be taken again`;
    case "held":
      return `holds at release ${event.version}`;
    case "resumed":
      return `at release ${event.version}, takes every newer one again`;
    case "upstream":
      return event.wanted ? `the upstream has release ${event.version}` : undefined;
    case "told":
      return `ran the command of --on-switch for release ${event.version}`;
    case "peer":
      return event.state === "connected"
        ? `${event.name} (${event.address}) is there`
        : `${event.name} (${event.address}) is gone`;
    case "asleep":
      return "goes to sleep: only an urgent release is heard";
    case "awake":
      return "is awake, and asks the neighbours";
    case "problem":
      return `${event.message}\n  ${event.hint}`;
    case "delta":
      return event.state === "making"
        ? `makes the delta from release ${event.from} to ${event.to} for a laptop that is behind`
        : undefined;
    case "repaired":
    case "listening":
    case "packet":
    case "neighbour":
      return undefined;
  }
}
