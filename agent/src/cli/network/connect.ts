/** `infield connect ADDRESS --root ROOT`: for laptops that multicast does not bring together. */
import { formatPeerAddress, PEER_PORT, parsePeerAddress } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import { readState } from "../../store/root/open-root.ts";
import { askAgent } from "../agent-link/agent-link.ts";
import { withAgent } from "../agent-link/with-agent.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runConnect(input: Input<"connect">, terminal: Terminal): Promise<Outcome> {
  const { host, port, channel } = parsePeerAddress(input.ADDRESS);
  await checkChannel(input.root, channel);
  const ask = { type: "connect", id: 1, host, port } as const;
  await withAgent(input, (agent) =>
    askAgent(agent, ask, () => {}, terminal.signal).catch((error: unknown) => {
      throw isPagePort(error, port) ? pagePort(error, host) : error;
    }),
  );
  const address = formatPeerAddress({ host, port });
  return {
    data: { root: input.root, host, port, connected: true },
    text: [
      `${address} answered; whenever the agent of this laptop runs, it stays connected`,
      `to end that: infield disconnect ${address} --root ${input.root}`,
    ].join("\n"),
  };
}

/** A QR code names the channel: better said here than by a refused connection. */
async function checkChannel(root: string, channel: string | undefined): Promise<void> {
  const own = (await readState(root)).channel;
  if (channel === undefined || own?.startsWith(channel)) return;
  throw new InfieldError(
    "unknown-channel",
    `that laptop follows channel ${channel}…, this one ${own ? `${own.slice(0, 16)}…` : "none yet"}`,
    own === undefined
      ? "start the agent once with --channel, or install a release of that channel"
      : "use a laptop of the same channel",
  );
}

/**
 * The page's port, one below, is in the address that a browser shows, so it is the one that people
 * type.
 */
function isPagePort(error: unknown, port: number): error is InfieldError {
  return error instanceof InfieldError && error.code === "peer-failed" && port === PEER_PORT - 1;
}

function pagePort({ message }: InfieldError, host: string): InfieldError {
  const other = formatPeerAddress({ host, port: PEER_PORT });
  return new InfieldError(
    "peer-failed",
    message,
    `${PEER_PORT - 1} is a page's port, which only its own laptop can reach; try ${other}`,
  );
}
