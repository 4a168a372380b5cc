/**
 * `infield sleep` and `infield wake`: what an operator's hook tells the agent before the laptop
 * sleeps, and after.
 */
import { readState } from "../../store/root/open-root.ts";
import { askAgent, findAgent } from "../agent-link/agent-link.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

/** No agent is no mistake: a hook must not keep a laptop from sleeping. */
export async function runSleep(input: Input<"sleep">, terminal: Terminal): Promise<Outcome> {
  const told = await tell(input.root, "sleep", terminal);
  return {
    data: { root: input.root, told },
    text: told ? "the laptop may sleep: only an urgent release is heard" : nobody(input.root),
  };
}

export async function runWake(input: Input<"wake">, terminal: Terminal): Promise<Outcome> {
  const told = await tell(input.root, "wake", terminal);
  return {
    data: { root: input.root, told },
    text: told ? "the agent is awake, and asks the neighbours" : nobody(input.root),
  };
}

async function tell(root: string, type: "sleep" | "wake", terminal: Terminal): Promise<boolean> {
  const { token } = await readState(root);
  const agent = await findAgent(root);
  if (agent)
    await askAgent({ port: agent.port, token }, { type, id: 1 }, () => {}, terminal.signal);
  return agent !== undefined;
}

function nobody(root: string): string {
  return `no agent runs on ${root}: there is nobody to tell`;
}
