/** Agents on the loopback interface, and the agents that a test ends when it ends. */
import { AgentProcess, infield } from "./infield.ts";

/** An agent that only this machine can reach, at any port. */
export function startOnLoopback(
  root: string,
  name: string,
  ...options: readonly string[]
): AgentProcess {
  const network = ["--port", "0", "--interface", "lo"];
  return new AgentProcess(["--root", root, "--name", name, ...network, ...options]);
}

/** Resolves when the agent is ready. */
export async function ready(agent: AgentProcess): Promise<AgentProcess> {
  await agent.until(({ event }) => event === "ready");
  return agent;
}

/** What a teacher needs of a laptop whose agent runs. */
export interface TeacherAccess {
  /** Address of the page, with its token. */
  readonly page: string;
  readonly teacherKey: string;
}

export function readAccess(root: string): Promise<TeacherAccess> {
  return infield<TeacherAccess>("status", "--root", root);
}

/** Agents that end together. */
export class AgentGroup {
  readonly #agents: AgentProcess[] = [];

  get all(): readonly AgentProcess[] {
    return this.#agents;
  }

  /** Adds one, and resolves when it is ready. */
  add(agent: AgentProcess): Promise<AgentProcess> {
    this.#agents.push(agent);
    return ready(agent);
  }

  /** Stops them all; the group is empty then. */
  async stop(): Promise<void> {
    await Promise.all(this.#agents.splice(0).map((agent) => agent.stop()));
  }
}
