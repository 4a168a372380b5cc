/** The agent that runs on a root, or one that is started for as long as a command needs it. */
import { readState } from "../store/root.ts";
import { findAgent } from "./agent-link.ts";
import { machineName } from "./name.ts";
import { PAGE_FOLDER } from "./page-folder.ts";

/** Where an agent's page is, and what opens it. */
export interface AgentDoor {
  readonly port: number;
  readonly token: string;
}

/** Throws what `readState`, `startAgent` and `work` throw. */
export async function withAgent<T>(
  { root, system }: { readonly root: string; readonly system: boolean },
  work: (agent: AgentDoor) => Promise<T>,
): Promise<T> {
  const { token } = await readState(root);
  const running = await findAgent(root);
  if (running) return work({ port: running.port, token });
  const { startAgent } = await import("../agent.ts");
  const own = await startAgent({
    ...{ root, system, port: 0, name: machineName(), teachers: [], presence: false, pageDir: PAGE_FOLDER },
    onEvent: () => {},
  });
  try {
    return await work({ port: own.pagePort, token });
  } finally {
    await own.stop();
  }
}
