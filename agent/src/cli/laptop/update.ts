/** `infield update --root ROOT` */
import type { Classroom } from "@infield/shared/transfer";
import { readUpstream } from "../../laptop/upstream-file.ts";
import { readState } from "../../store/root/open-root.ts";
import { askAgent, readClassroom } from "../agent-link/agent-link.ts";
import { type AgentDoor, withAgent } from "../agent-link/with-agent.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";
import { describeUpstream } from "./status.ts";

export async function runUpdate(input: Input<"update">, terminal: Terminal): Promise<Outcome> {
  const { state } = await readState(input.root);
  const askedBefore = (await readUpstream(input.root))?.asked;
  const { neighbours, problem } = await withAgent(input, (agent) => look(agent, terminal));
  const { current: version, held, holding } = (await readState(input.root)).state;
  const upstream = await readUpstream(input.root);
  const found = {
    root: input.root,
    from: state.current,
    version,
    neighbours,
    held,
    holding,
    upstream,
    ...(problem && { problem }),
  };
  const asked = upstream && !holding ? [`upstream ${describeUpstream(upstream)}`] : [];
  const hasFailed =
    problem !== undefined || (upstream?.problem !== undefined && upstream.asked !== askedBefore);
  return {
    data: found,
    text: [describe(found), ...asked].join("\n"),
    ...(version === state.current && hasFailed && { exitCode: 1 as const }),
  };
}

interface Found {
  readonly root: string;
  readonly from: number;
  readonly version: number;
  /** Laptops that were connected while it looked. */
  readonly neighbours: number;
  readonly held: number | undefined;
  readonly holding: true | undefined;
  /** Why what was found was not installed. */
  readonly problem?: Problem;
}

type Problem = NonNullable<Classroom["self"]["problem"]>;

function describe(found: Found): string {
  const { root, from, version, neighbours, held, holding, problem } = found;
  if (version > from) return `version ${version} is installed; it was ${from}`;
  const use = version === 0 ? "nothing is installed yet" : `version ${version} stays in use`;
  if (holding)
    return `this laptop is on hold; ${use}\nnext: infield resume --root ${root} allows newer releases again`;
  if (held !== undefined && held > version) {
    return [
      `this laptop was rolled back from version ${held}, which is held; ${use}`,
      `next: infield resume --root ${root} allows it again`,
    ].join("\n");
  }
  if (problem) return `${problem.message} (${problem.code}); ${use}\n${problem.hint}`;
  if (neighbours === 0) return `no neighbour answered; ${use}`;
  return `nothing newer than version ${version} among the neighbours that answered (${neighbours})`;
}

interface Looked {
  /** Laptops that were connected at one time. */
  readonly neighbours: number;
  readonly problem: Problem | undefined;
}

async function look(agent: AgentDoor, terminal: Terminal): Promise<Looked> {
  let neighbours = 0;
  await terminal.withProgress((update) => {
    const show = ({ self, laptops }: Classroom) => {
      neighbours = Math.max(neighbours, laptops.filter(({ unseenMs }) => unseenMs === 0).length);
      const { state, target, progress } = self;
      if (target !== undefined && progress)
        update(`${state} version ${target}`, progress.done, progress.total);
    };
    return askAgent(agent, { type: "look", id: 1 }, show, terminal.signal);
  });
  // Shown anew: what is shown on the way may be a moment older than the end.
  const { self } = await readClassroom(agent, terminal.signal);
  return { neighbours, problem: self.problem };
}
