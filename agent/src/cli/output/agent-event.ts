/** What a running agent tells, for people: the events that change something, a line each. */
import type { AgentEvent } from "../../laptop/events.ts";

/** Undefined for what would only scroll by: packets, groups, every step of progress. */
export function formatEvent(event: AgentEvent): string | undefined {
  switch (event.event) {
    case "ready":
      return event.version === 0
        ? "ready, nothing installed yet"
        : `ready, at version ${event.version}`;
    case "announced":
      return `tells its neighbours of version ${event.version}${event.urgent ? ", which is urgent" : ""}`;
    case "update":
      if (event.waitsFor) return `version ${event.target} is there, and waits (${event.waitsFor})`;
      return event.progress === undefined ? `${event.state} version ${event.target}` : undefined;
    case "confirmed":
      return `version ${event.version} is in use`;
    case "boot-needed":
      return `version ${event.version} is installed, and the next boot leads to it`;
    case "failed":
      return `version ${event.target} was not taken: ${event.message}\n  ${event.hint}`;
    case "rolled-back":
      return `back at version ${event.version}; version ${event.left} will not be installed again`;
    case "held":
      return `holds at version ${event.version}`;
    case "resumed":
      return `at version ${event.version}, takes every newer one again`;
    case "upstream":
      return event.wanted ? `the upstream has version ${event.version}` : undefined;
    case "told":
      return `ran the command of --on-switch for version ${event.version}`;
    case "peer":
      return event.state === "connected"
        ? `${event.name} (${event.address}) is there`
        : `${event.name} (${event.address}) is gone`;
    case "renamed":
      return `this is laptop ${event.laptop} now: its root was copied from ${event.was}`;
    case "clone":
      return [
        `a laptop at ${event.address} has this laptop's id, as copies of one image have`,
        "  restart the agent, and this one takes another id; `infield seal` prepares an image",
      ].join("\n");
    case "asleep":
      return "goes to sleep: only an urgent release is heard";
    case "awake":
      return "is awake, and asks the neighbours";
    case "problem":
      return `${event.message}\n  ${event.hint}`;
    case "delta":
      return event.state === "making"
        ? `makes the delta from version ${event.from} to ${event.to} for a laptop that is behind`
        : undefined;
    case "repaired":
    case "listening":
    case "packet":
    case "neighbour":
      return undefined;
  }
}
