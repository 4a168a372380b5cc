/** `infield peers --root ROOT`: where this laptop is reached, and whom it reaches by address. */
import { resolve } from "node:path";
import { formatPeerAddress, PEER_PORT } from "@infield/shared/announce";
import type { Classroom } from "@infield/shared/transfer";
import { ownAddresses } from "../../host/own-addresses.ts";
import { readAddressBook } from "../../laptop/address-book.ts";
import { layoutOf } from "../../store/root/layout.ts";
import { readState } from "../../store/root/open-root.ts";
import { findAgent, readClassroom } from "../agent-link/agent-link.ts";
import { alignColumns } from "../output/table.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runPeers(input: Input<"peers">, terminal: Terminal): Promise<Outcome> {
  const { token } = await readState(input.root);
  const agent = await findAgent(input.root);
  const book = (await readAddressBook(layoutOf(input.root).peersFile)) ?? { typed: [], met: [] };
  const reach = agent
    ? (await readClassroom({ port: agent.port, token }, terminal.signal)).reach
    : withoutAgent(book.typed);
  const { addresses, port, peers } = reach;
  const running = agent !== undefined;
  return {
    data: { root: resolve(input.root), running, addresses, port, peers, met: book.met },
    text: alignColumns([
      ...group(
        "this laptop",
        addresses.map(
          ({ host, interface: card }) => `${formatPeerAddress({ host, port })} (${card})`,
        ),
        "has no address that others could use; is it on a network?",
      ),
      ...group(
        "connected to",
        peers.map((peer) => `${formatPeerAddress(peer)}, ${describe(peer.connected, running)}`),
        "none by address; `infield connect ADDRESS` adds one",
      ),
      ...group("met before", book.met.map(formatPeerAddress), "nobody yet"),
    ]).join("\n"),
  };
}

function withoutAgent(typed: readonly { host: string; port: number }[]): Classroom["reach"] {
  return {
    port: PEER_PORT,
    addresses: ownAddresses(undefined),
    peers: typed.map(({ host, port }) => ({ host, port, connected: false })),
  };
}

function describe(connected: boolean, running: boolean): string {
  if (connected) return "connected";
  return running ? "does not answer now" : "once the agent runs";
}

/** The name of a group beside its first line only. */
function group(name: string, lines: readonly string[], empty: string): string[][] {
  return (lines.length > 0 ? lines : [empty]).map((line, i) => [i === 0 ? name : "", line]);
}
