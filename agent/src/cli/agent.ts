/** `infield agent --root ROOT`: the daemon, in the foreground. */
import { startAgent } from "../agent.ts";
import type { AgentEvent } from "../net/events.ts";
import { formatEvent } from "./agent-event.ts";
import { checkChannelId } from "./channel-id.ts";
import type { Input } from "./commands.ts";
import { checkName, machineName } from "./name.ts";
import { PAGE_FOLDER } from "./page-folder.ts";
import type { Terminal } from "./terminal.ts";

const DEFAULT_PORT = 7460;

/** Resolves after Ctrl-C, when everything has stopped. */
export async function runAgent(input: Input<"agent">, terminal: Terminal): Promise<undefined> {
  const channel = checkChannelId(input.channel);
  const onEvent = (event: AgentEvent) => {
    const line = input.json ? JSON.stringify(event) : formatEvent(event);
    if (line !== undefined) terminal.print(line);
  };
  const agent = await startAgent({
    root: input.root,
    ...(channel !== undefined && { channel }),
    port: input.port ?? DEFAULT_PORT,
    ...(input.interface.length > 0 && { interfaces: input.interface }),
    name: input.name === undefined ? machineName() : checkName(input.name, "--name"),
    teachers: input.teacher,
    system: input.system,
    pageDir: PAGE_FOLDER,
    onEvent,
  });
  if (!input.json) terminal.print(`the page: ${agent.pageUrl}`);
  await untilAborted(terminal.signal);
  await agent.stop();
  return undefined;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
