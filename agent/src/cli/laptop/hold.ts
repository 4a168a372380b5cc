/** `infield hold --root ROOT`: the version in use stays, until `infield resume`. */
import { openRoot, readState } from "../../store/root/open-root.ts";
import { hold } from "../../update/update.ts";
import { askAgent, findAgent } from "../agent-link/agent-link.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runHold(input: Input<"hold">, terminal: Terminal): Promise<Outcome> {
  const { token, state } = await readState(input.root);
  const agent = await findAgent(input.root);
  if (agent) {
    await askAgent({ port: agent.port, token }, { type: "hold", id: 1 }, () => {}, terminal.signal);
  } else {
    const root = await openRoot(input.root);
    try {
      await root.change(hold);
    } finally {
      await root.close();
    }
  }
  const { current: version } = state;
  const what =
    version === 0 ? "nothing is taken" : `version ${version} stays, and nothing newer is taken`;
  return {
    data: { root: input.root, version, holding: true },
    text: `${what} until: infield resume --root ${input.root}`,
  };
}
