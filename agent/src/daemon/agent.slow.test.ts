/** Whole agents on the loopback interface: real sockets, real trees, real deltas. */
import { once } from "node:events";
import { mkdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { formatAnnouncement, releaseGroup } from "@infield/shared/announce";
import { fromBase64, toBase64 } from "@infield/shared/base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import type { AgentEvent } from "../laptop/events.ts";
import { startTestAgent, type TestAgent } from "../testing/agents.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { openPage } from "../testing/page-client.ts";
import { countUdpSockets, watchTimers } from "../testing/what-is-left.ts";

let fixture: ChannelFixture;
let running: TestAgent[];

async function start(...args: Parameters<typeof startTestAgent>): Promise<TestAgent> {
  const agent = await startTestAgent(...args);
  running.push(agent);
  return agent;
}
const versionIn = (root: string) => readFile(join(root, "current", "version"), "utf8");

beforeEach(() => {
  running = [];
});
afterEach(async () => {
  for (const agent of running) await agent.stop();
  vi.restoreAllMocks();
  await fixture.remove();
});

describe("a classroom", () => {
  it("converges: who is at n takes n+1 from who has it, and tells of it too", async () => {
    fixture = await createChannelFixture([{}, {}]);
    const [teacher, ahmad, sokha] = await Promise.all([
      fixture.makeRoot("teacher", 2),
      fixture.makeRoot("ahmad", 1),
      fixture.makeRoot("sokha", 1),
    ]);
    const laptops = [await start(ahmad), await start(sokha)];
    await start(teacher);
    for (const laptop of laptops) {
      await laptop.until("confirmed", ({ version }) => version === 2);
      await laptop.until("announced", ({ version }) => version === 2);
      expect(await versionIn(laptop.root)).toBe("2\n");
      expect(await readlink(join(laptop.root, "current"))).toBe("versions/2/tree");
    }
  });

  it("a laptop at n receives no packet for announcements of n", async () => {
    fixture = await createChannelFixture([{}, {}]);
    const teacher = await start(await fixture.makeRoot("teacher", 2));
    const [same, behind] = [
      await start(await fixture.makeRoot("same", 2)),
      await start(await fixture.makeRoot("behind", 1)),
    ];
    await behind.until("confirmed");
    await behind.until("announced");
    const heard = ({ events }: TestAgent) =>
      events.flatMap((event) =>
        event.event === "packet" && event.kind === "announcement" ? [event] : [],
      );
    expect(heard(behind).length).toBeGreaterThan(0);
    for (const agent of [teacher, same]) expect(heard(agent)).toEqual([]);
    const groups = [false, true].map((urgent) => releaseGroup(fixture.channel.id, 3, urgent).ipv4);
    const listening = await same.until("listening");
    expect(listening.groups).toEqual(expect.arrayContaining(groups));
    expect(listening.groups).not.toContain(releaseGroup(fixture.channel.id, 2, false).ipv4);
  });

  it("brings a straggler and an empty laptop along, over the releases in between", async () => {
    fixture = await createChannelFixture([{}, {}, {}]);
    await start(await fixture.makeRoot("teacher", 3));
    const straggler = await start(await fixture.makeRoot("straggler", 1));
    const empty = await start(await fixture.makeRoot("empty", 0));
    for (const laptop of [straggler, empty]) {
      await laptop.until("confirmed", ({ version }) => version === 3);
      expect(await versionIn(laptop.root)).toBe("3\n");
    }
  });
});

function lastGroups({ events }: TestAgent): string[] | undefined {
  return events.findLast((event) => event.event === "listening")?.groups;
}

describe("an agent", () => {
  it("leaves nothing behind when it stops, and can be started again", async () => {
    fixture = await createChannelFixture([{}]);
    const root = await fixture.makeRoot("laptop", 1);
    const first = await startTestAgent(root);
    const file = join(root, "agent.json");
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({
      pid: process.pid,
      port: first.pagePort,
      peerPort: first.peerPort,
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await first.stop();
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
    await start(root);
  });

  it("waits for an interface that is not there yet, and says so", async () => {
    fixture = await createChannelFixture([{}]);
    const agent = await start(await fixture.makeRoot("laptop", 1), {
      interfaces: ["nosuch0", "lo"],
    });
    const problem = await agent.until("problem");
    expect(problem).toMatchObject({
      code: "network-interface",
      message: expect.stringContaining('"nosuch0"'),
    });
    expect(await agent.until("listening")).toMatchObject({ interfaces: ["lo"] });
  });

  it("is in the urgent group alone while it sleeps, and takes what it missed when it wakes", async () => {
    fixture = await createChannelFixture([{}, {}]);
    const laptop = await start(await fixture.makeRoot("laptop", 1));
    const page = await openPage(laptop);
    await page.ask({ type: "sleep" });
    const urgent = releaseGroup(fixture.channel.id, 2, true).ipv4;
    expect(lastGroups(laptop)).toEqual([urgent]);
    const teacher = await start(await fixture.makeRoot("teacher", 2));
    await teacher.until("announced");
    await page.ask({ type: "wake" });
    await laptop.until("confirmed", ({ version }) => version === 2);
    expect(lastGroups(laptop)).toHaveLength(3);
    page.socket.close();
  });

  it("says which port it cannot have, and gives the root back", async () => {
    fixture = await createChannelFixture([{}]);
    const root = await fixture.makeRoot("laptop", 1);
    const first = await start(root);
    const other = await fixture.makeRoot("other", 1);
    await expect(startTestAgent(other, { port: first.pagePort })).rejects.toMatchObject({
      code: "port-taken",
    });
    await start(other);
  });
});

describe("a neighbour that connects and lies", () => {
  it("about its version, and with an announcement that nobody signed, changes nothing here", async () => {
    fixture = await createChannelFixture([{}, {}]);
    const agent = await start(await fixture.makeRoot("laptop", 1));
    const socket = new WebSocket(`ws://127.0.0.1:${agent.peerPort}/peer`);
    await once(socket, "open");
    const say = (message: unknown) => socket.send(JSON.stringify(message));
    const id = "00000000000000bb";
    const report = { id, name: "liar", version: 4_000_000_000, state: "resting", teachers: [] };
    say({
      type: "hello",
      protocol: 1,
      channel: fixture.channel.id,
      challenge: "0".repeat(32),
      report,
    });
    const signed = fromBase64(fixture.releases[1]?.file.announcement ?? "") ?? new Uint8Array();
    signed[20] = (signed[20] ?? 0) ^ 1;
    say({ type: "packet", packet: toBase64(formatAnnouncement(signed, { port: 7461, id })) });
    await agent.until(
      "packet",
      ({ group, verdict }) => group === "connection" && verdict === "forged",
    );
    expect(agent.events.some(({ event }) => event === "update" || event === "failed")).toBe(false);
    socket.terminate();
  });
});

describe("an agent that is stopped", () => {
  /**
   * A laptop at version 2 with an open page. `left` is what would keep its process alive, and what
   * it has told.
   */
  async function startWithPage(onEvent: (event: AgentEvent) => void = () => {}) {
    fixture = await createChannelFixture([{}, {}]);
    const root = await fixture.makeRoot("laptop", 2);
    const [socketsBefore, countTimers] = [await countUdpSockets(), watchTimers()];
    const agent = await startTestAgent(root, { onEvent });
    const page = await openPage(agent);
    const left = async () => ({
      timers: countTimers(),
      sockets: (await countUdpSockets()) - socketsBefore,
      told: agent.events.length,
    });
    return { agent, page, left };
  }

  it.each(["rolled-back", "listening"])(
    "in the middle of a roll-back (at %s) ends with it, and neither joins nor announces anything later",
    async (kind) => {
      let stopped: Promise<void> | undefined;
      let asked = false;
      const { agent, page, left } = await startWithPage(({ event }) => {
        if (asked && event === kind) stopped ??= agent.stop();
      });
      const { self } = await page.classroom();
      asked = true;
      const closed = once(page.socket, "close");
      void page.ask({ type: "roll-back", laptop: self.id });
      await closed;
      await stopped;
      const told = agent.events.length;
      expect(await left()).toEqual({ timers: 0, sockets: 0, told });
      expect(await readlink(join(agent.root, "current"))).toBe("versions/1/tree");
    },
  );

  it("while it looks around for a page does not wait for answers", async () => {
    const { agent, page, left } = await startWithPage();
    void page.ask({ type: "look" });
    // Requests begin in the order in which they come: once this one is answered, the other is under
    // way.
    await page.ask({ type: "roll-back", laptop: "0123456789abcdef" });
    await agent.stop();
    expect(await left()).toEqual({ timers: 0, sockets: 0, told: agent.events.length });
  });

  it("ends whole although one part of it cannot end, and says so", async () => {
    const { agent, left } = await startWithPage();
    const file = join(agent.root, "agent.json");
    await rm(file);
    await mkdir(file);
    await expect(agent.stop()).rejects.toThrow("agent.json");
    expect(await left()).toMatchObject({ timers: 0, sockets: 0 });
    await start(agent.root);
  });
});
