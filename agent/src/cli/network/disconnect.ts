/** `infield disconnect ADDRESS --root ROOT` */
import { formatPeerAddress, parsePeerAddress } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import { openAddressBook, readAddressBook, samePeer } from "../../laptop/address-book.ts";
import { layoutOf } from "../../store/root/layout.ts";
import { openRoot, readState } from "../../store/root/open-root.ts";
import { askAgent, findAgent } from "../agent-link/agent-link.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runDisconnect(
  input: Input<"disconnect">,
  terminal: Terminal,
): Promise<Outcome> {
  const { host, port } = parsePeerAddress(input.ADDRESS);
  const { token } = await readState(input.root);
  const book = await readAddressBook(layoutOf(input.root).peersFile);
  const address = formatPeerAddress({ host, port });
  if (!book?.typed.some(samePeer({ host, port }))) throw notNamed(address, input.root);
  const agent = await findAgent(input.root);
  if (agent) {
    const ask = { type: "disconnect", id: 1, host, port } as const;
    await askAgent({ port: agent.port, token }, ask, () => {}, terminal.signal);
  } else {
    await forget(input.root, { host, port });
  }
  return {
    data: { root: input.root, host, port },
    text: `${address} is not connected to any more`,
  };
}

async function forget(path: string, peer: { host: string; port: number }): Promise<void> {
  const root = await openRoot(path);
  try {
    await (await openAddressBook(layoutOf(root.path).peersFile)).remove(peer);
  } finally {
    await root.close();
  }
}

function notNamed(address: string, root: string): InfieldError {
  return new InfieldError(
    "usage",
    `${address} is none of the laptops that this one was told to connect to`,
    `\`infield peers --root ${root}\` lists them`,
  );
}
