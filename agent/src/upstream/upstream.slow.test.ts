/**
 * A laptop and the web server it may ask, on a real store, over real connections, and a clock that
 * goes when it is told to.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InfieldError, PIECE_BYTES } from "@infield/shared/base";
import { blobPath } from "@infield/shared/records";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { noNginx } from "../cli/testing/machine.ts";
import { type OddServer, startNginx, startOddServer } from "../http/testing/web-servers.ts";
import type { AgentEvent } from "../laptop/events.ts";
import { createLaptopStatus } from "../laptop/status.ts";
import { readUpstream } from "../laptop/upstream-file.ts";
import { keepChannel } from "../store/root/channel-keeper.ts";
import { openRoot } from "../store/root/open-root.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { startTestAgent } from "../testing/agents.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { openPage } from "../testing/page-client.ts";
import { hold } from "../update/update.ts";
import { openUpstream } from "./upstream.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let fixture: ChannelFixture;
/** Path of the delta from 1 to 2 on a server. */
let delta: string;
beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}]);
  const roots = fixture.releases.map(({ record }) => record.blobs[0]?.root ?? "");
  delta = `/${blobPath(roots[1] ?? "")}`;
  await fixture.repository.writeWebFiles(roots);
});
afterAll(() => fixture.remove());

/** `sent`: so many bytes of the file, and then nothing more. */
type Answer = { status: number; body?: string } | { sent: number } | undefined;

/** The repository on a server of Node's; `odd` may answer otherwise. */
async function serve(
  odd: (path: string, range: number | undefined) => Answer = () => undefined,
): Promise<OddServer> {
  const server = await startOddServer(async (request, response) => {
    const path = request.url ?? "";
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
    const from = range === undefined ? undefined : Number(range);
    const special = odd(path, from);
    const file = await readFile(join(fixture.repository.path, path)).catch(() => undefined);
    if (special && "status" in special) response.writeHead(special.status).end(special.body);
    else if (file === undefined) response.writeHead(404).end();
    else if (request.method === "HEAD")
      response.writeHead(200, { "content-length": file.length }).end();
    else if (from === undefined) response.writeHead(200, { etag: `"${file.length}"` }).end(file);
    else {
      response.writeHead(206, {
        "content-range": `bytes ${from}-${file.length - 1}/${file.length}`,
      });
      if (special) response.write(file.subarray(from, from + special.sent));
      else response.end(file.subarray(from));
    }
  });
  onTestFinished(server.close);
  return server;
}

/** A laptop at version 1 with an upstream. The lot never falls on it, unless `random` says so. */
async function setUp(
  url: URL,
  options: { random?: () => number; lookAround?: (root: OpenRoot) => Promise<void> } = {},
) {
  const { random = () => 0.999, lookAround = async () => {} } = options;
  const root = await openRoot(await fixture.makeRoot("laptop", 1));
  const clock = createFakeClock(random);
  const status = createLaptopStatus(root, "laptop", []);
  const events: AgentEvent[] = [];
  const watchers = new Set<() => void>();
  const tell = (event: AgentEvent) => {
    events.push(event);
    for (const watch of watchers) watch();
  };
  const upstream = await openUpstream({
    ...{
      url,
      root,
      clock,
      status,
      lookAround: () => lookAround(root),
      keeper: await keepChannel(root),
    },
    neighbours: () => 0,
    onEvent: tell,
    onConfirmed: async (version) => tell({ event: "confirmed", version }),
    onFailed: (target, { code, message, hint }) =>
      tell({ event: "failed", target, code, message, hint }),
  });
  onTestFinished(async () => {
    await upstream.stop();
    expect(clock.waiting()).toBe(0);
    await root.close();
  });
  const kinds = () => events.map(({ event }) => event);
  /** There have been so many events of this kind. */
  const until = (kind: AgentEvent["event"], count: number) =>
    new Promise<void>((resolve) => {
      const watch = () => kinds().filter((one) => one === kind).length >= count && resolve();
      watchers.add(watch);
      watch();
    });
  return {
    root,
    clock,
    status,
    upstream,
    events,
    kinds,
    until,
    record: () => readUpstream(root.path),
  };
}

describe("a laptop that may ask upstream", () => {
  it("takes what is newer, and tells what it heard", async () => {
    const server = await serve();
    const { root, upstream, kinds, record } = await setUp(server.url);
    expect(await record()).toEqual({ infield: "upstream 1", url: server.url.href });
    await upstream.ask();
    expect(root.state()).toMatchObject({ current: 2, confirmed: true });
    expect(kinds()).toEqual(["upstream", "confirmed"]);
    expect(await record()).toMatchObject({ latest: { version: 2 }, asked: expect.any(String) });
    expect((await record())?.problem).toBeUndefined();
    expect(server.requests.filter((request) => request.includes("blobs/"))).toHaveLength(2);
  });

  it("asks by lot, once an hour, and not while it is busy", async () => {
    const server = await serve();
    const { root, clock, status, until } = await setUp(server.url, { random: () => 0.01 });
    status.set({ state: "building", target: 2 });
    clock.advance(HOUR_MS);
    status.set({ state: "resting" });
    expect(server.requests).toEqual([]);
    clock.advance(MINUTE_MS);
    await until("confirmed", 1);
    expect(root.state().current).toBe(2);
  });

  it("asks the room first, and fetches nothing that a neighbour has given meanwhile", async () => {
    const server = await serve();
    const { upstream } = await setUp(server.url, {
      lookAround: (root) => root.change((writable) => writable.save({ ...root.record, held: 2 })),
    });
    await upstream.ask();
    expect(server.requests).toEqual(["GET /latest"]);
  });

  it("asks more often, for the room, what no neighbour can give", async () => {
    const server = await serve();
    const { clock, status, until, events } = await setUp(server.url, { random: () => 0.5 });
    clock.advance(HOUR_MS);
    status.set({
      state: "failed",
      target: 2,
      problem: new InfieldError("health-failed", "does not start", ""),
    });
    clock.advance(HOUR_MS);
    expect(events).toEqual([]);
    status.set({
      state: "failed",
      target: 2,
      problem: new InfieldError("peer-failed", "has not got it", ""),
    });
    clock.advance(HOUR_MS / 2);
    await until("confirmed", 1);
    expect(status.report().state).toBe("resting");
  });

  it("asks nothing while a person holds it", async () => {
    const server = await serve();
    const { root, upstream } = await setUp(server.url);
    await root.change(hold);
    await upstream.ask();
    expect(server.requests).toEqual([]);
  });

  it("shows a network's login page as what it is, and stays at rest", async () => {
    const server = await serve(() => ({
      status: 200,
      body: "<!doctype html><title>Log in</title>",
    }));
    const { status, upstream, kinds, record } = await setUp(server.url);
    await upstream.ask();
    expect(kinds()).toEqual(["problem"]);
    expect(status.report().state).toBe("resting");
    expect(await record()).toMatchObject({
      problem: {
        code: "upstream-failed",
        message: `${server.url.href}latest answered with a web page`,
      },
    });
  });

  it("fetches nothing for a release that nobody signed", async () => {
    const server = await serve((path) => {
      if (path === "/latest") return { status: 200, body: "3\n" };
      const forged = JSON.stringify(fixture.releases[1]?.file).replace(
        '\\"version\\":2',
        '\\"version\\":3',
      );
      return path === "/releases/3.json" ? { status: 200, body: forged } : undefined;
    });
    const { root, upstream, events } = await setUp(server.url);
    await upstream.ask();
    // What is signed is taken, what is not is passed over.
    expect(root.state().current).toBe(2);
    await upstream.ask();
    expect(events.at(-1)).toMatchObject({ event: "failed", target: 3, code: "bad-signature" });
    expect(root.state().current).toBe(2);
  });

  it("tries again after 5 minutes, then ever more rarely, and leaves it to the lot after six", async () => {
    const server = await serve((path) =>
      path.startsWith("/pieces/") ? { status: 200, body: "wrong" } : undefined,
    );
    const { clock, status, upstream, until } = await setUp(server.url);
    await upstream.ask();
    expect(status.report()).toMatchObject({
      state: "failed",
      target: 2,
      problem: { code: "blob-damaged" },
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    let failures = 1;
    for (let minutes = 5; minutes <= 160; minutes *= 2) {
      const before = server.requests.length;
      clock.advance((minutes / 2) * MINUTE_MS - 1);
      expect(server.requests).toHaveLength(before);
      clock.advance((minutes / 2) * MINUTE_MS);
      await until("failed", ++failures);
      await turn();
    }
    expect(failures).toBe(7);
    const asked = server.requests.length;
    clock.advance(24 * HOUR_MS);
    expect(server.requests).toHaveLength(asked);
  });

  it("gives way to whoever waits, and goes on with the bytes it has", async () => {
    let holds = true;
    const server = await serve((path) =>
      path === delta && holds ? { sent: PIECE_BYTES + 100 } : undefined,
    );
    const { root, status, upstream } = await setUp(server.url);
    const asking = upstream.ask();
    await new Promise<void>((resolve) =>
      status.onChange(() => status.report().progress?.done && resolve()),
    );
    await root.change(async () => {
      holds = false;
      expect(status.report().state).toBe("resting");
      expect(root.state().current).toBe(1);
    });
    await asking;
    expect(root.state().current).toBe(2);
    expect(server.requests.filter((request) => request.includes("bytes="))).toEqual([
      `GET ${delta} bytes=0-`,
      `GET ${delta} bytes=${PIECE_BYTES}-`,
    ]);
  });

  it("sleeps without a draw, and goes on with a fetch that this broke off some minutes after", async () => {
    let stalls = true;
    let chance = 0.01;
    const server = await serve((path) =>
      path === delta && stalls ? { sent: PIECE_BYTES + 100 } : undefined,
    );
    const { root, clock, status, upstream, until } = await setUp(server.url, {
      random: () => chance,
    });
    const asking = upstream.ask();
    await new Promise<void>((resolve) =>
      status.onChange(() => status.report().progress?.done && resolve()),
    );
    await upstream.pause();
    await asking;
    expect(status.report().state).toBe("resting");
    stalls = false;
    const asked = server.requests.length;
    clock.advance(10 * HOUR_MS);
    expect(server.requests).toHaveLength(asked);
    chance = 0.999;
    upstream.resume();
    clock.advance(5 * MINUTE_MS);
    await until("confirmed", 1);
    expect(root.state().current).toBe(2);
  });

  it("stops in the middle of anything", async () => {
    const server = await serve((path) => (path === delta ? { sent: 100 } : undefined));
    const { root, upstream, status } = await setUp(server.url);
    const asking = upstream.ask();
    await new Promise<void>((resolve) =>
      status.onChange(() => status.report().progress && resolve()),
    );
    await upstream.stop();
    await asking;
    expect(root.state().current).toBe(1);
  });
});

describe.skipIf(noNginx !== undefined)(
  `a room with an upstream${noNginx ? ` (skipped: ${noNginx})` : ""}`,
  () => {
    it("fetches a release once: whoever asked announces it, and the others have it from there", async () => {
      const nginx = await startNginx(fixture.repository.path);
      const room = [];
      for (const name of ["finder", "ahmad", "sokha"]) {
        const agent = await startTestAgent(await fixture.makeRoot(name, 1), {
          upstream: nginx.url,
        });
        onTestFinished(agent.stop);
        room.push(agent);
      }
      const [finder, ...others] = room;
      if (finder === undefined) return;
      const page = await openPage(finder);
      expect(await page.ask({ type: "look" })).toMatchObject({ type: "done" });
      expect(finder.events).toContainEqual({ event: "confirmed", version: 2 });
      for (const other of others) await other.until("confirmed", ({ version }) => version === 2);
      page.socket.close();
      for (const agent of room) await agent.stop();
      const asked = (await nginx.stop()).map(({ method, path }) => `${method} ${path}`);
      expect(asked).toEqual([
        ...["GET /latest", "GET /channel.json", "GET /releases/2.json", `HEAD ${delta}`],
        ...[`GET /pieces/${delta.slice("/blobs/".length)}`, `GET ${delta}`],
      ]);
    });
  },
);
