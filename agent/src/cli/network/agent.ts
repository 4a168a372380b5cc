/** `infield agent --root ROOT`: the daemon, in the foreground. */
import { parsePeerAddress } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import { type AgentOptions, type RunningAgent, startAgent } from "../../daemon/agent.ts";
import { parseWebAddress } from "../../http/web-address.ts";
import type { AgentEvent } from "../../laptop/events.ts";
import { loadTeachers } from "../../page/orders.ts";
import { PAGE_FOLDER } from "../agent-link/page-folder.ts";
import { lookBefore } from "../laptop/first-install.ts";
import { formatEvent } from "../output/agent-event.ts";
import type { Terminal } from "../output/terminal.ts";
import { checkChannelId } from "../parse/channel-id.ts";
import type { Input } from "../parse/commands.ts";
import { checkName, machineName } from "../parse/name.ts";
import { readQuietHours } from "../parse/quiet-hours.ts";

const DEFAULT_PORT = 7460;

/** Resolves after Ctrl-C, when everything has stopped. */
export async function runAgent(input: Input<"agent">, terminal: Terminal): Promise<undefined> {
  const channel = checkChannelId(input.channel);
  checkTeachers(input.teacher);
  const quietHours = readQuietHours(input["quiet-hours"]);
  const upstream = input.upstream === undefined ? undefined : parseWebAddress(input.upstream);
  const before = await lookBefore(input.root);
  const onEvent = (event: AgentEvent) => {
    const line = input.json ? JSON.stringify(event) : formatEvent(event);
    if (line !== undefined) terminal.print(line);
  };
  const agent = await start({
    root: input.root,
    ...(channel !== undefined && { channel }),
    port: input.port ?? DEFAULT_PORT,
    ...(input.interface.length > 0 && { interfaces: input.interface }),
    peers: input.peer.map(parsePeerAddress),
    name: input.name === undefined ? machineName() : checkName(input.name, "--name"),
    teachers: input.teacher,
    ...(quietHours && { quietHours }),
    waitsOnBattery: input["on-battery"] === "wait",
    system: input.system,
    ...(input.health !== undefined && { health: input.health }),
    ...(input["on-switch"] !== undefined && { onSwitch: input["on-switch"] }),
    presence: !input["no-presence"],
    ...(upstream && { upstream }),
    pageDir: PAGE_FOLDER,
    onEvent,
  });
  if (channel === undefined && (before === "nothing" || before === "folder"))
    tellNewRoot(input.root, terminal);
  if (!input.json) terminal.print(`the page: ${agent.pageUrl}`);
  await untilAborted(terminal.signal);
  await agent.stop();
  return undefined;
}

/** Throws `usage`, naming the key among several. */
function checkTeachers(keys: readonly string[]): void {
  for (const key of keys) {
    try {
      loadTeachers([key]);
    } catch (cause) {
      throw new InfieldError(
        "usage",
        `--teacher ${JSON.stringify(key)} is not a teacher's key`,
        "give the one that `infield status` prints on the teacher's laptop",
        cause,
      );
    }
  }
}

/** Two ports follow from one option: whoever finds one of them taken has to know that. */
async function start(options: AgentOptions): Promise<RunningAgent> {
  try {
    return await startAgent(options);
  } catch (error) {
    if (!(error instanceof InfieldError) || error.code !== "port-taken") throw error;
    const ports = `the page uses --port ${options.port}, neighbours the next, ${options.port + 1}`;
    throw new InfieldError(
      "port-taken",
      error.message,
      `${ports}: choose another --port, or stop the other program`,
      error,
    );
  }
}

function tellNewRoot(root: string, terminal: Terminal): void {
  terminal.note(
    `${JSON.stringify(root)} is a new root that follows no channel yet`,
    `hand a release over on its page, or stop it and use \`infield install REPO --root ${root}\``,
  );
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
