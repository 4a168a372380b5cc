/**
 * `infield doctor --network --root ROOT`: which ways to the neighbours work here, and why the
 * others do not.
 */
import { resolve } from "node:path";
import { PEER_PORT } from "@infield/shared/announce";
import type { Classroom } from "@infield/shared/transfer";
import { ownAddresses } from "../../host/own-addresses.ts";
import { readAddressBook } from "../../laptop/address-book.ts";
import { examineNetwork } from "../../reach/diagnosis/examine-network.ts";
import type { Diagnosis, Finding } from "../../reach/diagnosis/findings.ts";
import { layoutOf } from "../../store/root/layout.ts";
import { readState, readStore } from "../../store/root/open-root.ts";
import { systemClock } from "../../timing/clock.ts";
import { findAgent, readClassroom } from "../agent-link/agent-link.ts";
import { alignColumns } from "../output/table.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runDoctorNetwork(
  { root }: Input<"doctor">,
  terminal: Terminal,
): Promise<Outcome> {
  const { laptopId, token, channel, state } = await readState(root);
  const { repository } = await readStore(root);
  const book = (await readAddressBook(layoutOf(root).peersFile)) ?? { typed: [], met: [] };
  const agent = await findAgent(root);
  const reach = agent && (await readClassroom({ port: agent.port, token }, terminal.signal)).reach;
  const diagnosis = await examineNetwork(
    {
      ...{ clock: systemClock, laptopId, channelId: channel, version: state.current, repository },
      ...whereReached(reach),
      known: [...(reach?.peers ?? []), ...book.typed, ...book.met].map(({ host, port }) => ({
        host,
        port,
      })),
    },
    terminal.signal,
  );
  return {
    data: { root: resolve(root), running: agent !== undefined, ...diagnosis },
    text: describe(diagnosis),
    ...(diagnosis.works.length === 0 && { exitCode: 3 as const }),
  };
}

/** What a running agent uses, or what one would use that was started without options. */
function whereReached(reach: Classroom["reach"] | undefined) {
  const addresses = reach?.addresses ?? ownAddresses(undefined);
  return {
    ...(reach && { interfaces: reach.addresses.map((one) => one.interface) }),
    port: reach?.port ?? PEER_PORT,
    addresses: addresses.map(({ host }) => host),
    isListening: reach !== undefined,
  };
}

const SUMMARIES = {
  none: "no neighbour was reached",
  multicast: "neighbours are found and reached here by themselves",
  address: "neighbours are reached here by their addresses only: `infield connect ADDRESS`",
};

function describe({ works, findings }: Diagnosis): string {
  const best = works[0] ?? "none";
  return [SUMMARIES[best], ...alignColumns(findings.flatMap(describeFinding))].join("\n");
}

function describeFinding({ state, check, reason, next }: Finding): string[][] {
  return [[state, check, reason], ...(next === undefined ? [] : [["", "", `next: ${next}`]])];
}
