/**
 * Neighbours for tests: laptops that listen and dial over real sockets, and sockets that say what a
 * test wants them to.
 */
import { once } from "node:events";
import { InfieldError } from "@infield/shared/base";
import type { RepositoryReader } from "@infield/shared/records";
import { createServer, type PeerMessage, type Report, type Serve } from "@infield/shared/transfer";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { LocalPeer, PeerLink } from "../peers/peer-link.ts";
import { type PeerServer, startPeerServer } from "../peers/peer-server.ts";
import { systemClock } from "../timing/clock.ts";

export const CHANNEL = "ab".repeat(32);
export const TEACHER = "00000000000000aa";
export const LAPTOP = "00000000000000bb";

const empty: RepositoryReader = { open: async () => undefined, versions: async () => [] };
export const reportOf = (id: string): Report => ({
  id,
  name: id,
  version: 1,
  state: "resting",
  teachers: [],
});

/** Answers at once, and forgets at once. */
export const sharingOf = (serve: Serve): LocalPeer["sharing"] => ({
  serve,
  cancel() {},
  forget() {},
});

/** The laptop's first message. */
export const hello: PeerMessage = {
  type: "hello",
  protocol: 1,
  channel: CHANNEL,
  challenge: "0".repeat(32),
  report: reportOf(LAPTOP),
};

/** A laptop; what it hears is in `reports`, and `heard` resolves at the next one. */
export function localPeer(id: string, changes: Partial<LocalPeer> = {}) {
  const reports: { report: Report; link: PeerLink }[] = [];
  const waiting: (() => void)[] = [];
  const local: LocalPeer = {
    clock: systemClock,
    channel: () => CHANNEL,
    report: () => reportOf(id),
    sharing: sharingOf(createServer(empty)),
    onOpen() {},
    delta: async () => {
      throw new InfieldError("no-path", "no deltas are made here", "ask another neighbour");
    },
    obey: async () => {},
    onReport(report, link) {
      reports.push({ report, link });
      for (const resolve of waiting.splice(0)) resolve();
    },
    onPacket() {},
    ...changes,
  };
  const heard = async (count: number) => {
    while (reports.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { local, reports, heard };
}

/** Listens until the test is over. */
export async function serve(local: LocalPeer): Promise<PeerServer> {
  const server = await startPeerServer({ hosts: ["127.0.0.1"], port: 0 }, local);
  onTestFinished(server.close);
  return server;
}

/** A neighbour that says what a test wants it to. */
export async function openRaw(server: PeerServer) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/peer`);
  socket.on("error", () => {});
  const closed = once(socket, "close");
  await once(socket, "open");
  return { socket, closed, say: (message: unknown) => socket.send(JSON.stringify(message)) };
}

/** How a promise ends: the code of an error of ours, the name of another. */
export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "nothing was thrown",
    (error) => (error instanceof InfieldError ? error.code : error.name),
  );
