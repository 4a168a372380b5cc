/**
 * `infield resume --root ROOT`: what `infield rollback` left, and what `infield hold` kept away,
 * may be taken again.
 */
import { openRoot, readState } from "../../store/root/open-root.ts";
import { resume } from "../../update/update.ts";
import { askAgent, findAgent } from "../agent-link/agent-link.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runResume(input: Input<"resume">, terminal: Terminal): Promise<Outcome> {
  const { laptopId, token, state } = await readState(input.root);
  const agent = await findAgent(input.root);
  if (agent) {
    const ask = { type: "resume", id: 1, laptop: laptopId } as const;
    await askAgent({ port: agent.port, token }, ask, () => {}, terminal.signal);
  } else {
    const root = await openRoot(input.root);
    try {
      await root.change(resume);
    } finally {
      await root.close();
    }
  }
  const { current: version, held, holding } = state;
  return {
    data: { root: input.root, version, released: held },
    text: describe(held, holding === true, input.root),
  };
}

function describe(held: number | undefined, holding: boolean, root: string): string {
  if (held === undefined && !holding) return "no release is held";
  const what =
    held === undefined ? "newer releases are taken again" : `version ${held} may be taken again`;
  return `${what}\nnext: infield update --root ${root}, or install it from its repository`;
}
