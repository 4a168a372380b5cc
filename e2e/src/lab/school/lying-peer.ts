/**
 * Run inside a namespace: `lying-peer.ts REPOSITORY VERSION`. It speaks the protocol as an agent
 * does, with an agent's own parts, and announces the release with its real signature; but every
 * piece it sends has one bit wrong. It prints the laptop id of whoever got one.
 */
import { randomBytes } from "node:crypto";
import { SocketBeacon } from "@infield/agent/src/discovery/beacon.ts";
import { chooseInterfaces } from "@infield/agent/src/host/interfaces.ts";
import { startPeerServer } from "@infield/agent/src/peers/peer-server.ts";
import { folderRepository } from "@infield/agent/src/store/root/repository.ts";
import { systemClock as clock } from "@infield/agent/src/timing/clock.ts";
import { formatAnnouncement, GROUP_PORT, releaseGroup } from "@infield/shared/announce";
import { fromBase64, InfieldError } from "@infield/shared/base";
import { readChannel, readRelease } from "@infield/shared/records";
import { createServer, type Request, type Wire } from "@infield/shared/transfer";

const PORT = GROUP_PORT + 1;
/** More often than an honest laptop, so that nobody fetches without having heard it. */
const ANNOUNCE_MS = 300;

const [folder = "", versionText] = process.argv.slice(2);
const version = Number(versionText);
const repository = folderRepository(folder);
const { channel } = await readChannel(repository);
const { file } = await readRelease(repository, channel, version);
const laptopId = randomBytes(8).toString("hex");
const serveHonestly = createServer(repository);
/**
 * Laptop ids by how their connections are closed: what tells connections apart on both sides of
 * this file.
 */
const laptops = new Map<() => void, string>();

await startPeerServer(
  { hosts: [undefined], port: PORT },
  {
    clock,
    channel: () => channel.id,
    report: () => ({ id: laptopId, name: "Liar", version, state: "resting", teachers: [] }),
    sharing: { serve, cancel() {}, forget() {} },
    onOpen() {},
    delta: async () => {
      throw new InfieldError("no-path", "no deltas are made here", "ask another neighbour");
    },
    obey: async () => {},
    onPacket: () => {},
    onReport: (report, link) => void laptops.set(link.close, report.id),
  },
);
const beacon = new SocketBeacon({
  port: GROUP_PORT,
  onDatagram: () => {},
  onProblem: console.error,
});
await beacon.use(chooseInterfaces(undefined));
const packet = formatAnnouncement(fromBase64(file.announcement) ?? new Uint8Array(), {
  port: PORT,
  id: laptopId,
});
setInterval(() => beacon.send(releaseGroup(channel.id, version, false), packet), ANNOUNCE_MS);

async function serve(request: Request, wire: Wire): Promise<void> {
  if (request.type !== "get-piece") return serveHonestly(request, wire);
  await serveHonestly(request, { ...wire, send: (frame) => wire.send(damage(frame)) });
  console.log(laptops.get(wire.close) ?? "unknown");
}

/** The last bit of a binary frame is another one; what else is said stays. */
function damage(frame: string | Uint8Array): string | Uint8Array {
  if (typeof frame === "string") return frame;
  const damaged = Uint8Array.from(frame);
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  return damaged;
}
