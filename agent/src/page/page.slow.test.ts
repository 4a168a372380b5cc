/** The page's side of an agent, over its real listener. */
import { once } from "node:events";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { toBase64 } from "@infield/shared/base";
import { type Classroom, createServer } from "@infield/shared/transfer";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { openRoot } from "../store/root/open-root.ts";
import { startTestAgent, type TestAgent } from "../testing/agents.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { openPage, type PageClient } from "../testing/page-client.ts";

let fixture: ChannelFixture;
const running: TestAgent[] = [];

async function start(...args: Parameters<typeof startTestAgent>): Promise<TestAgent> {
  const agent = await startTestAgent(...args);
  running.push(agent);
  return agent;
}
const offerOf = (version: number) => ({
  type: "offer" as const,
  channel: JSON.stringify(fixture.chain),
  release: JSON.stringify(fixture.releases[version - 1]?.file),
});
const versionIn = (root: string) => readFile(join(root, "current", "version"), "utf8");
const DONE = expect.objectContaining({ type: "done" });
const failed = (code: string) => expect.objectContaining({ type: "failed", code });

beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}, { health: "#!/bin/sh\nexit 1\n" }]);
});
afterEach(async () => {
  for (const agent of running.splice(0)) await agent.stop();
});
afterAll(() => fixture.remove());

describe("handing a release over", () => {
  it("to a laptop that follows no channel yet: it pins this one, fetches the bytes, and can update the room", async () => {
    const agent = await start(fixture.freshRoot("fresh"));
    const page = await openPage(agent, createServer(fixture.repository));
    expect(await page.ask({ type: "update-classroom" })).toEqual(failed("unknown-channel"));
    expect(await page.ask(offerOf(1))).toEqual(DONE);
    const progress = page.messages.filter((message) => message.type === "progress");
    expect(progress.length).toBeGreaterThan(0);
    const shown = await page.classroom(({ latest }) => latest?.version === 1);
    expect(shown.channel).toEqual({ id: fixture.channel.id, name: "Class 4b" });
    expect(shown.self).toMatchObject({ version: 0, state: "resting" });
    expect(shown.latest).toMatchObject({ announced: false, notes: { en: "release 1" } });

    const laptop = await start(await fixture.makeRoot("laptop", 0));
    expect(await page.ask({ type: "update-classroom" })).toEqual(DONE);
    expect(await versionIn(agent.root)).toBe("1\n");
    await page.classroom(({ latest }) => latest?.announced === true);
    await laptop.until("confirmed");
    expect(await versionIn(laptop.root)).toBe("1\n");
  });

  it("ends at the first wrong piece, and succeeds afterwards with the right ones", async () => {
    const agent = await start(fixture.freshRoot("fresh"));
    const serve = createServer(fixture.repository);
    const liar = await openPage(agent, async (request, wire) => {
      const send = async (frame: string | Uint8Array) => {
        if (request.type === "get-piece" && frame instanceof Uint8Array)
          frame[9] = (frame[9] ?? 0) ^ 1;
        await wire.send(frame);
      };
      await serve(request, { send, close: wire.close });
    });
    expect(await liar.ask(offerOf(1))).toEqual(failed("blob-damaged"));
    const honest = await openPage(agent, createServer(fixture.repository));
    expect(await honest.ask(offerOf(1))).toEqual(DONE);
  });

  it("refuses texts that are altered, of another channel, or another release of the same version", async () => {
    const agent = await start(fixture.freshRoot("fresh"));
    const page = await openPage(agent, createServer(fixture.repository));
    const offer = offerOf(1);
    const altered = { ...offer, release: offer.release.replace("release 1", "release x") };
    expect(await page.ask(altered)).toEqual(failed("bad-signature"));
    expect(await page.ask({ ...offer, channel: "{}" })).toEqual(failed("record-invalid"));
    expect(await page.ask(offer)).toEqual(DONE);
    const other = await createChannelFixture([{}]);
    const foreign = {
      channel: JSON.stringify(other.chain),
      release: JSON.stringify(other.releases[0]?.file),
    };
    expect(await page.ask({ type: "offer", ...foreign })).toEqual(failed("unknown-channel"));
    await other.remove();
  });
});

describe("the page's buttons", () => {
  it("a release that fails its health check here is told to nobody", async () => {
    const agent = await start(await fixture.makeRoot("teacher", 2));
    const page = await openPage(agent, createServer(fixture.repository));
    expect(await page.ask(offerOf(3))).toEqual(DONE);
    expect(await page.ask({ type: "update-classroom" })).toEqual(failed("health-failed"));
    expect(await versionIn(agent.root)).toBe("2\n");
    const announced = agent.events.flatMap((event) =>
      event.event === "announced" ? [event.version] : [],
    );
    expect(announced).toEqual([2]);
    const shown = await page.classroom(({ self }) => self.state === "failed");
    expect(shown.self.problem).toMatchObject({ code: "health-failed" });
  });

  it("roll back and resume this machine: held, it takes the release again only when told to", async () => {
    await start(await fixture.makeRoot("neighbour", 2));
    const agent = await start(await fixture.makeRoot("laptop", 2));
    const page = await openPage(agent);
    const { self } = await page.classroom();
    expect(await page.ask({ type: "roll-back", laptop: self.id })).toEqual(DONE);
    expect(await versionIn(agent.root)).toBe("1\n");
    await page.classroom((shown) => shown.self.state === "held");
    const { groups } = await agent.until("listening", ({ version }) => version === 3);
    expect(groups.length).toBeGreaterThan(0);
    expect(await page.ask({ type: "look" })).toEqual(DONE);
    expect(await versionIn(agent.root)).toBe("1\n");
    expect(await page.ask({ type: "resume", laptop: self.id })).toEqual(DONE);
    await agent.until("confirmed");
    expect(await versionIn(agent.root)).toBe("2\n");
  });

  it("look fetches what a neighbour has, and is done when that is done", async () => {
    const agent = await start(await fixture.makeRoot("laptop", 1));
    await start(await fixture.makeRoot("neighbour", 2));
    const page = await openPage(agent);
    expect(await page.ask({ type: "look" })).toEqual(DONE);
    await agent.until("confirmed");
  });
});

describe("a teacher's orders", () => {
  async function startClass() {
    const teacherRoot = await fixture.makeRoot("teacher", 2);
    const root = await openRoot(teacherRoot);
    const key = toBase64((await root.identity.teacherKey()).publicKey.bytes);
    await root.close();
    const teacher = await start(teacherRoot);
    const obedient = await start(await fixture.makeRoot("obedient", 2), { teachers: [key] });
    const other = await start(await fixture.makeRoot("other", 2));
    return { teacher, obedient, other };
  }
  const laptopNamed = (page: PageClient, name: string) =>
    page
      .classroom(({ laptops }) =>
        laptops.some((laptop) => laptop.name === name && laptop.unseenMs === 0),
      )
      .then(({ laptops }) => laptops.find((laptop) => laptop.name === name));

  it("reach laptops that pin the teacher's key, again and again, and no others", async () => {
    const { teacher, obedient, other } = await startClass();
    const page = await openPage(teacher);
    const [tame, free] = [await laptopNamed(page, "obedient"), await laptopNamed(page, "other")];
    expect([tame?.obeys, free?.obeys]).toEqual([true, false]);
    expect(await page.ask({ type: "roll-back", laptop: tame?.id ?? "" })).toEqual(DONE);
    expect(await versionIn(obedient.root)).toBe("1\n");
    await page.classroom(({ laptops }) =>
      laptops.some(({ name, state }) => name === "obedient" && state === "held"),
    );
    expect(await page.ask({ type: "resume", laptop: tame?.id ?? "" })).toEqual(DONE);
    await obedient.until("resumed");
    expect(await page.ask({ type: "roll-back", laptop: free?.id ?? "" })).toEqual(
      failed("not-allowed"),
    );
    expect(await versionIn(other.root)).toBe("2\n");
    expect(await page.ask({ type: "roll-back", laptop: "0123456789abcdef" })).toEqual(
      failed("peer-failed"),
    );
  });
});

describe("a rollback over a change of the data format", () => {
  let converting: ChannelFixture;
  beforeAll(async () => {
    converting = await createChannelFixture([{}, { dataFormat: 1 }]);
  });
  afterAll(() => converting.remove());

  it("is refused with its sentence, by this machine and by a laptop that obeys, and done when it is forced", async () => {
    const teacherRoot = await converting.makeRoot("teacher", 2);
    const root = await openRoot(teacherRoot);
    const key = toBase64((await root.identity.teacherKey()).publicKey.bytes);
    await root.close();
    const teacher = await start(teacherRoot);
    const obedient = await start(await converting.makeRoot("obedient", 2), { teachers: [key] });
    const page = await openPage(teacher);
    const { self, laptops } = await page.classroom((shown) => shown.laptops.length > 0);
    for (const [id, at] of [
      [self.id, teacher.root],
      [laptops[0]?.id ?? "", obedient.root],
    ] as const) {
      expect(await page.ask({ type: "roll-back", laptop: id })).toMatchObject({
        code: "data-format",
        message: "version 1 (data format 0) may not read what 2 (format 1) wrote",
      });
      expect(await versionIn(at)).toBe("2\n");
      expect(await page.ask({ type: "roll-back", laptop: id, force: true })).toEqual(DONE);
      expect(await versionIn(at)).toBe("1\n");
    }
  });

  it("hold and prune are done by this machine's page too", async () => {
    const agent = await start(await converting.makeRoot("laptop", 2));
    const page = await openPage(agent);
    expect(await page.ask({ type: "hold" })).toEqual(DONE);
    const { self } = await page.classroom((shown) => shown.self.state === "held");
    expect(self.target).toBeUndefined();
    expect(await page.ask({ type: "resume", laptop: self.id })).toEqual(DONE);
    await page.classroom((shown) => shown.self.state === "resting");
    expect(await page.ask({ type: "prune", keep: 2 })).toEqual(DONE);
    expect((await readdir(join(agent.root, "versions"))).sort()).toEqual(["1", "2"]);
  });
});

describe("the page's listener", () => {
  async function get(port: number, path: string, headers: Record<string, string> = {}) {
    const asked = request({
      host: "127.0.0.1",
      port,
      path,
      headers: { host: `localhost:${port}`, ...headers },
    });
    asked.end();
    const [response] = await once(asked, "response");
    let body = "";
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode, headers: response.headers, body };
  }
  async function startWithPage() {
    const root = fixture.freshRoot("fresh");
    const pageDir = join(root, "..", "page");
    await mkdir(join(pageDir, "assets"), { recursive: true });
    await writeFile(join(pageDir, "index.html"), "<p>page</p>");
    await writeFile(join(pageDir, "assets", "main-abc.js"), "1");
    await writeFile(join(root, "..", "secret"), "secret");
    await symlink("../secret", join(pageDir, "link"));
    return start(root, { pageDir });
  }

  it("serves what was there, with headers that let nothing else in", async () => {
    const { pagePort } = await startWithPage();
    const index = await get(pagePort, "/?x=1");
    expect([index.status, index.body]).toEqual([200, "<p>page</p>"]);
    expect(index.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    expect(index.headers["content-security-policy"]).toContain("default-src 'self'");
    const asset = await get(pagePort, "/assets/main-abc.js");
    expect(asset.headers["cache-control"]).toContain("immutable");
  });

  it("serves nothing by way of a path", async () => {
    const { pagePort } = await startWithPage();
    const paths = [
      "/link",
      "/../secret",
      "/..%2fsecret",
      "/assets/../index.html",
      "//index.html",
      "/assets",
      "*",
    ];
    for (const path of paths) expect((await get(pagePort, path)).status, path).toBe(404);
  });

  it("answers to its own name only (DNS rebinding)", async () => {
    const { pagePort } = await startWithPage();
    for (const host of [`evil.example:${pagePort}`, "localhost", `localhost:${pagePort + 1}`]) {
      expect((await get(pagePort, "/", { host })).status, host).toBe(421);
      expect(await refusedUpgrade(pagePort, { host })).toBe(421);
    }
  });

  async function refusedUpgrade(port: number, headers: Record<string, string>): Promise<number> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/page`, { headers });
    socket.on("error", () => {});
    const [, response] = await once(socket, "unexpected-response");
    socket.terminate();
    return response.statusCode;
  }

  it("refuses WebSockets of other people's pages", async () => {
    const { pagePort } = await startWithPage();
    const origins = [
      "http://evil.example",
      `https://localhost:${pagePort}`,
      "null",
      `http://localhost:${pagePort}.evil`,
    ];
    for (const origin of origins)
      expect(await refusedUpgrade(pagePort, { origin }), origin).toBe(403);
    const own = new WebSocket(`ws://127.0.0.1:${pagePort}/page`, {
      origin: `http://localhost:${pagePort}`,
    });
    await once(own, "open");
    own.terminate();
  });

  it.each([
    ["a wrong token", JSON.stringify({ type: "hello", protocol: 1, token: "0".repeat(32) }), 4401],
    ["no token", JSON.stringify({ type: "look", id: 1 }), 4401],
    ["what is no message", "hello?", 4400],
    ["a message of nobody", JSON.stringify({ type: "order-pizza" }), 4400],
  ])("closes on %s", async (_name, text, code) => {
    const { pagePort } = await startWithPage();
    const socket = new WebSocket(`ws://127.0.0.1:${pagePort}/page`);
    await once(socket, "open");
    socket.send(text);
    const [closedWith, reason] = await once(socket, "close");
    expect(closedWith).toBe(code);
    expect(String(reason).length).toBeGreaterThan(0);
  });

  it("closes on a frame larger than any message", async () => {
    const agent = await startWithPage();
    const page = await openPage(agent);
    page.socket.send(Buffer.alloc(9 * 1024 * 1024));
    page.socket.on("error", () => {});
    const [code] = await once(page.socket, "close");
    expect(code).toBe(1009);
  });
});

describe("a laptop that is connected to by its address", () => {
  it("stays connected over restarts until it is forgotten, and the page shows it", async () => {
    const other = await start(await fixture.makeRoot("other", 1), { name: "other" });
    const root = await fixture.makeRoot("teacher", 1);
    const peer = { host: "127.0.0.1", port: other.peerPort };
    const page = await openPage(await start(root));
    expect(await page.ask({ type: "connect", ...peer })).toEqual(DONE);
    const shown = ({ reach }: Classroom) => reach.peers.some(({ connected }) => connected);
    expect((await page.classroom(shown)).reach).toMatchObject({
      peers: [{ ...peer, connected: true }],
    });
    expect(await page.ask({ type: "connect", ...peer, port: 1 })).toEqual(failed("peer-failed"));
    await running.pop()?.stop();

    const again = await openPage(await start(root));
    await again.classroom(shown);
    expect(await again.ask({ type: "disconnect", ...peer })).toEqual(DONE);
    await again.classroom(({ reach }) => reach.peers.length === 0);
    expect(JSON.parse(await readFile(join(root, "peers.json"), "utf8"))).toMatchObject({
      typed: [],
    });
  });
});
