/** A neighbour on loopback that announces a release and serves it, as far as a test lets it. */
import { randomBytes } from "node:crypto";
import { formatAnnouncement, GROUP_PORT, releaseGroup } from "@infield/shared/announce";
import { fromBase64, InfieldError } from "@infield/shared/base";
import { createServer, type Request } from "@infield/shared/transfer";
import { SocketBeacon } from "../discovery/beacon.ts";
import { chooseInterfaces } from "../host/interfaces.ts";
import { startPeerServer } from "../peers/peer-server.ts";
import { systemClock } from "../timing/clock.ts";
import type { ChannelFixture } from "./channel-fixture.ts";

export interface ControlledSource {
  /** Tells of the release once. */
  announce(): void;
  /** Its power goes. */
  kill(): Promise<void>;
}

/** `mayGive` is asked for each piece; one that it refuses never comes. */
export async function startSource(
  fixture: ChannelFixture,
  version: number,
  mayGive: (index: number) => boolean,
): Promise<ControlledSource> {
  const id = randomBytes(8).toString("hex");
  const answer = createServer(fixture.repository);
  const server = await startPeerServer(
    { hosts: ["127.0.0.1"], port: 0 },
    {
      clock: systemClock,
      channel: () => fixture.channel.id,
      report: () => ({ id, name: "source", version, state: "resting", teachers: [] }),
      sharing: {
        serve: async (request: Request, wire) => {
          if (request.type !== "get-piece" || mayGive(request.index)) await answer(request, wire);
        },
        cancel() {},
        forget() {},
      },
      delta: async () => {
        throw new InfieldError("no-path", "no deltas are made here", "ask another neighbour");
      },
      obey: async () => {},
      onOpen() {},
      onReport() {},
      onPacket() {},
    },
  );
  const beacon = new SocketBeacon({ port: GROUP_PORT, onDatagram() {}, onProblem() {} });
  await beacon.use(chooseInterfaces(["lo"]));
  const signed =
    fromBase64(fixture.releases[version - 1]?.file.announcement ?? "") ?? new Uint8Array();
  const packet = formatAnnouncement(signed, { port: server.port, id });
  return {
    announce: () => beacon.send(releaseGroup(fixture.channel.id, version, false), packet),
    async kill() {
      await Promise.all([server.close(), beacon.close()]);
    },
  };
}
