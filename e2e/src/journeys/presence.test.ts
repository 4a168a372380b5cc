/**
 * "Presence is mDNS": laptops as avahi's own tools see them, and the other way round, over real
 * networks of a room's stations.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AgentGroup } from "../harness/agents.ts";
import { createTwoReleases } from "../harness/channel.ts";
import { AgentProcess, INFIELD_COMMAND } from "../harness/infield.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { copyLaptop, installImage } from "../lab/school/laptops.ts";
import { LACKS_AVAHI, type Seen, startAvahi, WITH_AVAHI } from "../room/avahi.ts";
import { inNamespace, openRoom, type Room, runIn, type Station } from "../room/namespaces.ts";
import { writeSampleTrees } from "../trees/sample.ts";

const NO_BUS = { DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nowhere" };

let folder: string;
/** A laptop that has releases 1 and 2, and uses 2. */
let image: string;
let channelId: string;
beforeAll(async () => {
  if (LACKS_AVAHI) return;
  folder = tempFolder("presence");
  const channel = await createTwoReleases(folder, "Presence", writeSampleTrees(folder));
  image = await installImage(channel.first, join(folder, "image"));
  await installImage(channel.repository, image);
});
afterAll(removeTempFolders);

let room: Room;
let [here, there]: Station[] = [];
const agents = new AgentGroup();
beforeEach(() => {
  if (LACKS_AVAHI) return;
  room = openRoom(2);
  [here, there] = room.stations;
});
afterEach(async () => {
  await agents.stop();
  room?.close();
});

const inNode = (namespace: string, environment: Readonly<Record<string, string>>) => {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return inNamespace(namespace, "env", ...variables, ...INFIELD_COMMAND);
};
let laptops = 0;

/** Another laptop from the image. */
async function startLaptop(
  station: Station | undefined,
  environment: Readonly<Record<string, string>>,
  ...options: readonly string[]
) {
  const namespace = station?.namespace ?? "";
  const root = join(folder, `laptop-${++laptops}`);
  await copyLaptop(image, root);
  const launch = inNode(namespace, environment);
  const words = ["--root", root, "--name", "desk. 4 é", ...options];
  const agent = await agents.add(new AgentProcess(words, launch));
  const { laptop, channel } = await agent.until(({ event }) => event === "ready");
  channelId = String(channel);
  return { agent, root, id: String(laptop), namespace };
}

const releasesOf = (seen: readonly Seen[]) =>
  seen.map(({ txt }) => txt.find((string) => string.startsWith("release=")));

describe.skipIf(LACKS_AVAHI)(`a laptop that others look for with avahi-browse${WITH_AVAHI}`, () => {
  for (const [teller, hasAvahi] of [
    ["avahi-daemon", true],
    ["itself", false],
  ] as const) {
    it(`appears, changes version, sleeps, wakes and says goodbye, as ${teller} tells`, async () => {
      const own = hasAvahi ? await startAvahi(here as Station) : undefined;
      const others = await startAvahi(there as Station);
      const { agent, root, id, namespace } = await startLaptop(here, own?.environment ?? NO_BUS);
      const [seen] = await others.until((all) => all.length > 0);
      expect(seen).toEqual({
        name: `desk  4 é ${id}`,
        host: hasAvahi ? "station-1.local" : `infield-${id}.local`,
        address: here?.ipv4,
        port: 7461,
        txt: [
          `channel=${channelId.slice(0, 16)}`,
          "name=desk. 4 \\195\\169",
          "release=2",
          "txtvers=1",
        ],
      });
      const tell = (command: string) =>
        runIn(namespace, [...INFIELD_COMMAND, command, "--root", root]);
      tell("rollback");
      await others.until((all) => releasesOf(all).join() === "release=1");
      tell("sleep");
      await others.until((all) => all.length === 0);
      tell("wake");
      await others.until((all) => releasesOf(all).join() === "release=1");
      await agent.stop();
      await others.until((all) => all.length === 0);
    });
  }

  it("is gone at once when it is killed, where avahi-daemon tells of it", async () => {
    const own = await startAvahi(here as Station);
    const others = await startAvahi(there as Station);
    const { agent } = await startLaptop(here, own.environment);
    await others.until((all) => all.length === 1);
    process.kill(agent.pid, "SIGKILL");
    await others.until((all) => all.length === 0);
  });

  it("is told of once, whether avahi-daemon comes or goes", async () => {
    const own = await startAvahi(here as Station, false);
    const others = await startAvahi(there as Station);
    const { id } = await startLaptop(here, own.environment);
    const isToldBy = (host: string) => (all: readonly Seen[]) =>
      all.length === 1 && all[0]?.host === host && all[0].name === `desk  4 é ${id}`;
    await others.until(isToldBy(`infield-${id}.local`));
    await own.startDaemon();
    await others.until(isToldBy("station-1.local"));
    await own.stopDaemon();
    await others.until(isToldBy(`infield-${id}.local`));
  });

  it("appears when its network does, and not before", async () => {
    const others = await startAvahi(there as Station);
    const link = (state: string) =>
      runIn(here?.namespace ?? "", ["ip", "link", "set", "eth0", state]);
    link("down");
    const { agent } = await startLaptop(here, NO_BUS);
    expect(await others.browse()).toEqual([]);
    link("up");
    await others.until((all) => all.length === 1);
    expect(agent.events.filter(({ event }) => event === "problem")).toEqual([]);
  });

  it("shares its machine with another agent", async () => {
    const own = await startAvahi(here as Station);
    const others = await startAvahi(there as Station);
    await startLaptop(here, own.environment);
    await startLaptop(here, own.environment, "--port", "7470");
    const seen = await others.until((all) => all.length === 2);
    expect(new Set(seen.map(({ name }) => name)).size).toBe(2);
    expect(seen.map(({ port }) => port).sort()).toEqual([7461, 7471]);
  });
});

describe.skipIf(LACKS_AVAHI)(`a laptop that looks around${WITH_AVAHI}`, () => {
  it("sees what avahi-publish tells, with the address it came from, and its goodbye", async () => {
    const others = await startAvahi(there as Station);
    const { agent } = await startLaptop(here, NO_BUS);
    const id = "0123456789abcdef";
    const txt = ["txtvers=1", `channel=${channelId.slice(0, 16)}`, "release=12", "name=a stranger"];
    const published = others.publish(`a stranger ${id}`, 7777, ...txt);
    const appeared = await agent.until(({ event }) => event === "neighbour");
    expect(appeared).toMatchObject({
      ...{ event: "neighbour", state: "appeared", id, name: "a stranger", release: 12 },
      ...{ address: there?.ipv4, port: 7777 },
    });
    published.kill();
    await agent.until(({ event, state }) => event === "neighbour" && state === "gone");
  });

  it("sees another laptop, and its goodbye, although nobody has avahi-daemon", async () => {
    const first = await startLaptop(here, NO_BUS);
    const second = await startLaptop(there, NO_BUS);
    for (const [one, other] of [
      [first, second],
      [second, first],
    ] as const)
      await one.agent.until(
        ({ event, state, id }) => event === "neighbour" && state === "appeared" && id === other.id,
      );
    await second.agent.stop();
    await first.agent.until(({ event, state }) => event === "neighbour" && state === "gone");
  });

  it("says once that it cannot when another program has the port, and runs on", async () => {
    const script = "require('dgram').createSocket('udp4').bind(5353, () => console.log('bound'))";
    const [program, ...args] = inNamespace(here?.namespace ?? "", process.execPath, "-e", script);
    const holder = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    const { agent } = await startLaptop(here, NO_BUS);
    const problem = await agent.until(({ event }) => event === "problem");
    expect(problem).toMatchObject({
      code: "presence-failed",
      message: expect.stringContaining("EADDRINUSE"),
    });
    holder.kill();
  });
});
