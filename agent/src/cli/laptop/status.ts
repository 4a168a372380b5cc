/**
 * `infield status --root ROOT`: everything is read without the lock, as an agent may be at work.
 */
import { resolve } from "node:path";
import { toBase64 } from "@infield/shared/base";
import { CHANNEL_FILE, parseKeyFile, readChannel } from "@infield/shared/records";
import { readUpstream, type UpstreamRecord } from "../../laptop/upstream-file.ts";
import { readWaiting, type Waiting } from "../../laptop/waiting-file.ts";
import { readIdentity } from "../../store/root/identity.ts";
import { layoutOf } from "../../store/root/layout.ts";
import { readState } from "../../store/root/open-root.ts";
import { folderRepository } from "../../store/root/repository.ts";
import type { StoreState } from "../../store/root/state.ts";
import { findAgent } from "../agent-link/agent-link.ts";
import { alignColumns } from "../output/table.ts";
import type { Outcome } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runStatus(input: Input<"status">): Promise<Outcome> {
  const { laptopId, token, channel, state } = await readState(input.root);
  const name = channel === undefined ? undefined : await readChannelName(input.root, channel);
  const teacherKey = await readTeacherKey(input.root);
  const agent = await findAgent(input.root);
  const noted = await readWaiting(input.root);
  // Whoever handed it over meanwhile did not wait.
  const waiting = noted && noted.version > state.current ? noted : undefined;
  const upstream = await readUpstream(input.root);
  const page = agent && `http://localhost:${agent.port}/#${token}`;
  return {
    data: {
      root: resolve(input.root),
      laptop: laptopId,
      channel,
      name,
      ...state,
      waiting,
      agent,
      page,
      teacherKey,
      upstream,
    },
    text: alignColumns([
      ["in use", describeUse(state)],
      ["installed", state.versions.join(", ") || "nothing"],
      ["back to", state.previous === undefined ? "nothing earlier" : `version ${state.previous}`],
      ...(state.held === undefined
        ? []
        : [["held", `version ${state.held} and older ones are not taken again`]]),
      ...(state.holding ? [["on hold", "nothing newer is taken until `infield resume`"]] : []),
      ...(waiting === undefined ? [] : [["waits", describeWaiting(waiting)]]),
      [
        "channel",
        channel === undefined ? "none yet" : `${name ?? "(no record of it here)"} ${channel}`,
      ],
      ["laptop", laptopId],
      ["agent", agent ? `runs as process ${agent.pid}` : "does not run"],
      ...(upstream === undefined ? [] : [["upstream", describeUpstream(upstream)]]),
      ...(page === undefined ? [] : [["page", page]]),
      ...(teacherKey === undefined
        ? []
        : [
            [
              "teacher key",
              `${teacherKey}\n  laptops obey it when started with: infield agent --teacher ${teacherKey}`,
            ],
          ]),
    ]).join("\n"),
  };
}

/** What keeps a release that is there from being taken. */
function describeWaiting({ version, waitsFor }: Waiting): string {
  const what = {
    charger: "for the charger",
    lid: "until the lid is opened or the charger is there",
    hours: "for the end of the quiet hours",
  };
  return `version ${version} is there, and waits ${what[waitsFor]}; \`infield update\` takes it now`;
}

function describeUse({ current, confirmed }: StoreState): string {
  if (current === 0) return "nothing yet";
  return confirmed ? `version ${current}` : `version ${current}, on trial`;
}

/** What the web server of `--upstream` said when it was asked last. */
export function describeUpstream({ url, asked, latest, problem }: UpstreamRecord): string {
  if (problem)
    return `${url}\n  asked ${asked}: ${problem.message} (${problem.code})\n  ${problem.hint}`;
  if (asked === undefined || latest === undefined)
    return `${url}\n  not asked yet; infield update asks at once`;
  return `${url}\n  asked ${asked}: its newest is version ${latest.version}`;
}

/** Undefined for a root that follows a channel of which it has heard nothing yet. */
async function readChannelName(root: string, id: string): Promise<string | undefined> {
  const repository = folderRepository(layoutOf(root).repository);
  if ((await repository.open(CHANNEL_FILE)) === undefined) return undefined;
  return (await readChannel(repository, id)).channel.name;
}

/**
 * The public part of the key this laptop gives orders with; undefined until its agent has made it.
 */
async function readTeacherKey(root: string): Promise<string | undefined> {
  const keyFile = (await readIdentity(layoutOf(root).identityFile))?.teacherKey;
  return keyFile === undefined ? undefined : toBase64(parseKeyFile(keyFile).publicKey.bytes);
}
