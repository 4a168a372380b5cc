/** The agent that runs on a root, or one that is started for as long as a command needs it. */
import { InfieldError } from "@infield/shared/base";
import { parseWebAddress } from "../../http/web-address.ts";
import { readUpstream } from "../../laptop/upstream-file.ts";
import { readState } from "../../store/root/open-root.ts";
import { machineName } from "../parse/name.ts";
import { findAgent } from "./agent-link.ts";
import { PAGE_FOLDER } from "./page-folder.ts";

/** Where an agent's page is, and what opens it. */
export interface AgentDoor {
  readonly port: number;
  readonly token: string;
}

interface AgentNeed {
  readonly root: string;
  readonly system: boolean;
  /** `--health COMMAND`: only for an agent that is started here. */
  readonly health?: string | undefined;
}

/**
 * Throws `root-busy` when an agent runs that was not told of `health`, and what `readState`,
 * `startAgent` and `work` throw.
 */
export async function withAgent<T>(
  { root, system, health }: AgentNeed,
  work: (agent: AgentDoor) => Promise<T>,
): Promise<T> {
  const { token } = await readState(root);
  const running = await findAgent(root);
  if (running && health !== undefined) throw ownCheck(root);
  if (running) return work({ port: running.port, token });
  // The one that its last agent was started with.
  const upstream = await readUpstream(root);
  const { startAgent } = await import("../../daemon/agent.ts");
  const own = await startAgent({
    ...{
      root,
      system,
      port: 0,
      name: machineName(),
      teachers: [],
      presence: false,
      pageDir: PAGE_FOLDER,
    },
    ...(health !== undefined && { health }),
    ...(upstream && { upstream: parseWebAddress(upstream.url) }),
    onEvent: () => {},
  });
  try {
    return await work({ port: own.pagePort, token });
  } finally {
    await own.stop();
  }
}

/** Left out without a word, a version would be confirmed that this check was to keep away. */
export function ownCheck(root: string): InfieldError {
  return new InfieldError(
    "root-busy",
    `an agent runs on ${JSON.stringify(root)}, and checks new versions as it was told when it was started`,
    "start the agent with --health, or leave it out here",
  );
}
