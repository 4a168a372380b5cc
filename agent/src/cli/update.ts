/** `infield update --root ROOT` */
import type { Classroom } from "@infield/shared";
import { readState } from "../store/root.ts";
import { askAgent, findAgent } from "./agent-link.ts";
import type { Input } from "./commands.ts";
import { machineName } from "./name.ts";
import { PAGE_FOLDER } from "./page-folder.ts";
import type { Outcome, Terminal } from "./terminal.ts";

export async function runUpdate(input: Input<"update">, terminal: Terminal): Promise<Outcome> {
  const { token, state } = await readState(input.root);
  const agent = await findAgent(input.root);
  if (agent) await look(agent.port, token, terminal);
  else await lookWithOwnAgent(input, token, terminal);
  const version = (await readState(input.root)).state.current;
  return {
    data: { root: input.root, from: state.current, version },
    text:
      version > state.current
        ? `release ${version} is installed; it was ${state.current}`
        : `release ${version} is the newest that the neighbours have`,
  };
}

async function look(port: number, token: string, terminal: Terminal): Promise<void> {
  await terminal.withProgress((update) => {
    const show = ({ self }: Classroom) => {
      const { state, target, progress } = self;
      if (target !== undefined && progress)
        update(`${state} release ${target}`, progress.done, progress.total);
    };
    return askAgent({ port, token }, { type: "look", id: 1 }, show, terminal.signal);
  });
}

/** No agent runs: one is started for as long as it takes to look. */
async function lookWithOwnAgent(input: Input<"update">, token: string, terminal: Terminal): Promise<void> {
  const { startAgent } = await import("../agent.ts");
  const agent = await startAgent({
    root: input.root,
    port: 0,
    name: machineName(),
    teachers: [],
    system: input.system,
    pageDir: PAGE_FOLDER,
    onEvent: () => {},
  });
  try {
    await look(agent.pagePort, token, terminal);
  } finally {
    await agent.stop();
  }
}
