/**
 * Running agents for tests, on loopback, and waiting for what they tell instead of for time to
 * pass.
 */
import { join } from "node:path";
import {
  type AgentEvent,
  type AgentOptions,
  type RunningAgent,
  startAgent,
} from "../daemon/agent.ts";

export interface TestAgent extends RunningAgent {
  readonly root: string;
  /** Everything it told so far. */
  readonly events: readonly AgentEvent[];
  /** The first event, told already or to come, that is as described. */
  until<K extends AgentEvent["event"]>(
    kind: K,
    matches?: (event: Extract<AgentEvent, { event: K }>) => boolean,
  ): Promise<Extract<AgentEvent, { event: K }>>;
}

export async function startTestAgent(
  root: string,
  options: Partial<AgentOptions> = {},
): Promise<TestAgent> {
  const events: AgentEvent[] = [];
  const watchers = new Set<() => void>();
  const agent = await startAgent({
    root,
    port: 0,
    interfaces: ["lo"],
    name: root.split("/").at(-1) ?? "laptop",
    teachers: [],
    system: false,
    // Whatever the machine that runs the tests is fed by.
    isOnMains: async () => true,
    presence: false,
    pageDir: join(root, "no-page"),
    ...options,
    onEvent(event) {
      events.push(event);
      for (const watch of watchers) watch();
      options.onEvent?.(event);
    },
  });
  return {
    ...agent,
    root,
    events,
    until: (kind, matches = () => true) =>
      new Promise((resolve) => {
        const watch = () => {
          const found = events.find((event) => event.event === kind && matches(event as never));
          if (found === undefined) return;
          watchers.delete(watch);
          resolve(found as never);
        };
        watchers.add(watch);
        watch();
      }),
  };
}
