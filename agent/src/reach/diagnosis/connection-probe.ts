/**
 * Trying connections: to laptops by their addresses, to this laptop's own port, and to the machine
 * that leads elsewhere.
 */
import { connect, createServer } from "node:net";
import type { PeerAddress } from "@infield/shared/announce";
import { InfieldError, isAbort } from "@infield/shared/base";
import { dialPeer } from "../../peers/peer-client.ts";
import type { LocalPeer } from "../../peers/peer-link.ts";
import { HELLO_MS } from "../../peers/wire.ts";
import { answersOnCable } from "./system.ts";

/**
 * On one network a connection takes milliseconds; a lost packet is sent again after one second (RFC
 * 6298, 2).
 */
const CONNECT_MS = 2_500;
/**
 * Until the kernel finds out that a machine is gone which it knew a moment ago: it believes for 5 s
 * that it is still there and then asks three times in 3 s (arp(7)), and a connection that fails
 * took 5 s of that.
 */
const CABLE_MS = 4_000;

export interface Reached {
  readonly peer: PeerAddress;
  /** Why not; undefined: it said hello. */
  readonly failure?: InfieldError;
  /** Its machine answers something, whatever else it does not; undefined: unknown. */
  readonly machineThere?: boolean | undefined;
}

/**
 * Says hello to a laptop; where nobody answers, finds out whether its machine is there. Throws
 * AbortError.
 */
export async function probePeer(
  peer: PeerAddress,
  local: LocalPeer,
  signal: AbortSignal,
): Promise<Reached> {
  const begun = local.clock.now();
  try {
    const link = await dialPeer(peer.host, peer.port, local, signal);
    link.close();
    await link.closed;
    return { peer };
  } catch (error) {
    if (isAbort(error) || !(error instanceof InfieldError)) throw error;
    const isSilent = local.clock.now() - begun > HELLO_MS / 2;
    if (isSilent) await new Promise<void>((resolve) => local.clock.startTimer(CABLE_MS, resolve));
    const machineThere = hasAnswered(error) || (await answersOnCable(peer.host));
    return { peer, failure: error, machineThere };
  }
}

/** A refusal is an answer, by the machine or by an agent on it. */
function hasAnswered({ code, cause }: InfieldError): boolean {
  return (
    code !== "peer-failed" || (cause as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED"
  );
}

export type PortState = "open" | "closed" | "taken";

/**
 * Whether connections to our port come through on every address of ours. `isListening`: an agent
 * has it; else it is opened for the moment. What a firewall does to those from outside cannot be
 * seen from inside.
 */
export async function probeOwnPort(
  port: number,
  addresses: readonly string[],
  isListening: boolean,
): Promise<PortState> {
  const close = isListening ? () => {} : await listenBriefly(port);
  if (close === undefined) return "taken";
  const opened = await Promise.all(addresses.map((address) => canConnect(address, port)));
  close();
  return opened.every((outcome) => outcome === "connected") ? "open" : "closed";
}

/** True when the machine there answers anything: that a port is closed is an answer too. */
export async function isThere(address: string): Promise<boolean> {
  const outcome = await canConnect(address, 80);
  return outcome !== "silent" || (await answersOnCable(address)) === true;
}

function canConnect(host: string, port: number): Promise<"connected" | "refused" | "silent"> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const end = (outcome: "connected" | "refused" | "silent") => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once("connect", () => end("connected"));
    socket.once("timeout", () => end("silent"));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end(error.code === "ECONNREFUSED" ? "refused" : "silent"),
    );
  });
}

/** Undefined when another program has the port. */
function listenBriefly(port: number): Promise<(() => void) | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, () => resolve(() => void server.close()));
  });
}
