/**
 * Rooms in which multicast does not work, and what `infield doctor --network` says of them: real
 * agents, each in a network namespace of its own, on a bridge that drops what an access point may
 * drop.
 */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { AgentGroup } from "../harness/agents.ts";
import { createTwoReleases, type TwoReleases } from "../harness/channel.ts";
import { AgentProcess, INFIELD_COMMAND, infield, runInfield } from "../harness/infield.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import {
  inNamespace,
  LACKS_ROOMS,
  openRoom,
  type Room,
  runIn,
  type Station,
  WITH_ROOMS,
} from "../room/namespaces.ts";
import { writeSampleTrees } from "../trees/sample.ts";

let folder: string;
let channel: TwoReleases;
let room: Room;
const agents = new AgentGroup();

beforeAll(async () => {
  if (LACKS_ROOMS) return;
  folder = tempFolder("reach");
  channel = await createTwoReleases(folder, "Reach", writeSampleTrees(folder));
});
afterEach(async () => {
  await agents.stop();
  room?.close();
});
afterAll(removeTempFolders);

const launchIn = ({ namespace }: Station) => inNamespace(namespace, ...INFIELD_COMMAND);
const rootOf = ({ number }: Station) => join(folder, `laptop ${number}`);

/** Installs and starts a laptop; `releases` is what it has. */
async function start(
  station: Station,
  releases: "first" | "repository",
  ...more: string[]
): Promise<AgentProcess> {
  await infield("install", channel[releases], "--root", rootOf(station));
  return restart(station, ...more);
}
async function restart(station: Station, ...more: string[]): Promise<AgentProcess> {
  const words = ["--root", rootOf(station), "--name", `Laptop ${station.number}`, ...more];
  return agents.add(new AgentProcess(words, launchIn(station)));
}

const connect = (station: Station, address: string) =>
  runInfield(["connect", address, "--root", rootOf(station)], { launch: launchIn(station) });
const hasSecond = (agent: AgentProcess) =>
  agent.until(({ event, version }) => event === "confirmed" && version === 2);

/** What an access point does that forwards no multicast; neighbours' addresses are still found. */
function dropMulticast({ air }: Room): void {
  const rules = [
    "meta l4proto udp ip daddr 224.0.0.0/4 drop",
    "meta l4proto udp ip6 daddr ff00::/8 drop",
  ];
  filter(air, "bridge", "forward", rules);
}

function filter(namespace: string, family: string, hook: string, rules: readonly string[]): void {
  const lines = [
    `table ${family} test {`,
    "chain drops {",
    `type filter hook ${hook} priority 0`,
    ...rules,
    "}",
    "}",
  ];
  runIn(namespace, ["nft", "-f", "-"], `${lines.join("\n")}\n`);
}
const unfilter = (namespace: string) => runIn(namespace, ["nft", "flush", "ruleset"]);

interface Diagnosis {
  readonly works: string[];
  readonly findings: { check: string; state: string; reason: string; next?: string }[];
}

async function examine(
  station: Station,
): Promise<Diagnosis & { exitCode: number; stateOf(check: string): string }> {
  const words = ["doctor", "--network", "--root", rootOf(station), "--json"];
  const { exitCode, stdout, stderr } = await runInfield(words, { launch: launchIn(station) });
  if (stdout === "") throw new Error(stderr);
  const diagnosis = JSON.parse(stdout) as Diagnosis;
  const stateOf = (check: string) =>
    diagnosis.findings.find((one) => one.check === check)?.state ?? "absent";
  return { ...diagnosis, exitCode, stateOf };
}

describe.skipIf(LACKS_ROOMS)(`where no multicast passes ${WITH_ROOMS}`, () => {
  it("a laptop updates from a typed address, a third by way of it; all are listed", async () => {
    room = openRoom(3);
    dropMulticast(room);
    const [teacher, second, third] = room.stations as [Station, Station, Station];
    const [ahead] = [await start(teacher, "repository"), await start(second, "first")];
    const behind = agents.all[1] as AgentProcess;
    const last = await start(third, "first", "--peer", second.ipv4);
    expect(await connect(second, teacher.ipv4)).toMatchObject({ exitCode: 0 });
    await hasSecond(behind);
    await hasSecond(last);
    const overMulticast = agents.all.flatMap(({ events }) =>
      events.filter(
        ({ event, group, from }) =>
          event === "packet" && group !== "connection" && from !== undefined,
      ),
    );
    expect(overMulticast).toEqual([]);
    await ahead.until(
      ({ event, state, name }) => event === "peer" && state === "connected" && name === "Laptop 2",
    );
  });
});

describe.skipIf(LACKS_ROOMS)(`infield doctor --network ${WITH_ROOMS}`, () => {
  it("says what works, and names what keeps two laptops from each other", async () => {
    room = openRoom(2);
    const [here, there] = room.stations as [Station, Station];
    // A machine that leads elsewhere, as in most rooms.
    runIn(room.air, ["ip", "addr", "add", "10.77.200.1/16", "dev", "air"]);
    runIn(here.namespace, ["ip", "route", "add", "default", "via", "10.77.200.1"]);
    await start(there, "first");
    await start(here, "first");
    const laptop = `laptop ${there.ipv4}`;

    expect(await connect(here, there.ipv4)).toMatchObject({ exitCode: 0 });

    const fine = await examine(here);
    expect(fine).toMatchObject({ exitCode: 0, works: ["multicast", "address"] });
    expect(fine.findings.map(({ state }) => state)).not.toContain("not");

    dropMulticast(room);
    const deaf = await examine(here);
    expect(deaf).toMatchObject({ exitCode: 0, works: ["address"] });
    expect([deaf.stateOf("multicast on eth0"), deaf.stateOf("neighbours by multicast")]).toEqual([
      "ok",
      "not",
    ]);
    unfilter(room.air);

    filter(there.namespace, "inet", "input", ["tcp dport 7461 drop"]);
    const [shut, itself] = await Promise.all([examine(here), examine(there)]);
    expect(shut).toMatchObject({ exitCode: 3, works: [] });
    expect(shut.stateOf("neighbours by multicast")).toBe("ok");
    expect(shut.findings.find(({ check }) => check === laptop)).toMatchObject({
      state: "not",
      next: expect.stringContaining("let the firewall pass TCP port 7461"),
    });
    expect(itself.stateOf("own port 7461")).toBe("not");
    unfilter(there.namespace);

    for (const { port } of room.stations) {
      runIn(room.air, ["ip", "link", "set", port, "type", "bridge_slave", "isolated", "on"]);
    }
    // What was known until a moment ago; a laptop that comes into such a room never knew it.
    runIn(here.namespace, ["ip", "neigh", "flush", "all"]);
    filter(here.namespace, "inet", "input", ["meta l4proto udp drop"]);
    const alone = await examine(here);
    expect(alone).toMatchObject({ exitCode: 3, works: [] });
    expect(alone.stateOf("laptops kept apart")).toBe("not");
    expect(alone.stateOf("multicast on eth0")).toBe("not");
  });
});
