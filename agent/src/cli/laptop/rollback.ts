/** `infield rollback --root ROOT` */
import { openRoot, readState } from "../../store/root/open-root.ts";
import { rollBack } from "../../update/update.ts";
import { askAgent, findAgent } from "../agent-link/agent-link.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runRollback(input: Input<"rollback">, terminal: Terminal): Promise<Outcome> {
  const { laptopId, token, state } = await readState(input.root);
  const agent = await findAgent(input.root);
  if (agent) {
    const ask = {
      ...({ type: "roll-back", id: 1, laptop: laptopId } as const),
      ...(input.to !== undefined && { to: input.to }),
      ...(input.force && { force: true as const }),
    };
    await askAgent({ port: agent.port, token }, ask, () => {}, terminal.signal);
  } else {
    const root = await openRoot(input.root);
    try {
      await root.change((writable) => rollBack(writable, input));
    } finally {
      await root.close();
    }
  }
  const after = (await readState(input.root)).state;
  return {
    data: { root: input.root, version: after.current, left: state.current, held: after.held },
    text: [
      `version ${after.current} is in use again`,
      `version ${state.current} will not be installed again; a newer one will`,
      `infield resume --root ${input.root} allows it again`,
    ].join("\n"),
  };
}
