/** Neighbours over real sockets: hello, requests, reports, orders; and those that do not behave. */
import { once } from "node:events";
import { connect } from "node:net";
import {
  createServer,
  createSigningKey,
  type Envelope,
  InfieldError,
  MAX_PEERS,
  type PeerMessage,
  type Report,
  type RepositoryReader,
} from "@infield/shared";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "./clock.ts";
import { signOrder, verifyOrder } from "./orders.ts";
import { dialPeer } from "./peer-client.ts";
import type { LocalPeer, PeerLink } from "./peer-link.ts";
import { type PeerServer, startPeerServer } from "./peer-server.ts";
import { createFakeClock } from "./testing/fake-clock.ts";

const CHANNEL = "ab".repeat(32);
const empty: RepositoryReader = { open: async () => undefined, versions: async () => [] };
const reportOf = (id: string): Report => ({ id, name: id, version: 1, state: "resting", teachers: [] });

/** A laptop; what it hears is in `reports`, and `heard` resolves at the next one. */
function localPeer(id: string, changes: Partial<LocalPeer> = {}) {
  const reports: { report: Report; link: PeerLink }[] = [];
  const waiting: (() => void)[] = [];
  const local: LocalPeer = {
    clock: systemClock,
    channel: () => CHANNEL,
    report: () => reportOf(id),
    serve: createServer(empty),
    obey: async () => {},
    onReport(report, link) {
      reports.push({ report, link });
      for (const resolve of waiting.splice(0)) resolve();
    },
    ...changes,
  };
  const heard = async (count: number) => {
    while (reports.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { local, reports, heard };
}

const servers: PeerServer[] = [];
async function serve(local: LocalPeer): Promise<PeerServer> {
  const server = await startPeerServer({ hosts: ["127.0.0.1"], port: 0 }, local);
  servers.push(server);
  return server;
}
const TEACHER = "00000000000000aa";
const LAPTOP = "00000000000000bb";
const hello: PeerMessage = {
  type: "hello",
  protocol: 1,
  channel: CHANNEL,
  challenge: "0".repeat(32),
  report: reportOf(LAPTOP),
};

/** A neighbour that says what a test wants it to. */
async function openRaw(server: PeerServer, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/peer`, { headers });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  await once(socket, "open");
  return { socket, closed, say: (message: unknown) => socket.send(JSON.stringify(message)) };
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "nothing was thrown",
    (error) => (error instanceof InfieldError ? error.code : error.name),
  );

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

describe("neighbours", () => {
  it("greet each other, and report when something changes", async () => {
    const [teacher, laptop] = [localPeer(TEACHER), localPeer(LAPTOP)];
    const server = await serve(teacher.local);
    const link = await dialPeer("127.0.0.1", server.port, laptop.local);
    expect([link.id, link.address]).toEqual([TEACHER, "127.0.0.1"]);
    link.sendReport({ ...reportOf(LAPTOP), version: 2 });
    await teacher.heard(2);
    expect(teacher.reports.map((one) => one.report.version)).toEqual([1, 2]);
    link.close();
    await teacher.reports[0]?.link.closed;
  });

  it("speak for one laptop a connection: a report under another id counts for the one that said hello", async () => {
    const [teacher, laptop] = [localPeer(TEACHER), localPeer(LAPTOP)];
    const server = await serve(teacher.local);
    const link = await dialPeer("127.0.0.1", server.port, laptop.local);
    link.sendReport(reportOf("00000000000000cc"));
    await teacher.heard(2);
    expect(teacher.reports[1]?.report.id).toBe(LAPTOP);
    link.close();
  });

  it("of another channel part at once, on both sides", async () => {
    const server = await serve(localPeer(TEACHER, { channel: () => "cd".repeat(32) }).local);
    expect(await codeOf(dialPeer("127.0.0.1", server.port, localPeer(LAPTOP).local))).toMatch(
      /unknown-channel|peer-failed/,
    );
    const raw = await openRaw(server);
    raw.say(hello);
    expect((await raw.closed)[0]).toBe(4403);
  });

  it("that are not there fail with a code, and an abort passes through untouched", async () => {
    const server = await serve(localPeer(TEACHER).local);
    await servers.pop()?.close();
    const { local } = localPeer(LAPTOP);
    expect(await codeOf(dialPeer("127.0.0.1", server.port, local))).toBe("peer-failed");
    const stop = new AbortController();
    stop.abort();
    expect(await codeOf(dialPeer("127.0.0.1", server.port, local, stop.signal))).toBe("AbortError");
  });
});

describe("the neighbours' listener", () => {
  it("refuses browsers, which always say where their page is from", async () => {
    const server = await serve(localPeer(TEACHER).local);
    for (const origin of ["http://evil.example", `http://127.0.0.1:${server.port}`, "null"]) {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/peer`, { origin });
      socket.on("error", () => {});
      const [, response] = await once(socket, "unexpected-response");
      expect(response.statusCode).toBe(403);
      socket.terminate();
    }
  });

  it("takes so many from one address and no more, those that ask for nothing included", async () => {
    const server = await serve(localPeer(TEACHER).local);
    const raws = [];
    for (let i = 0; i < 15; i++) raws.push(await openRaw(server));
    const idle = connect(server.port, "127.0.0.1");
    await once(idle, "connect");
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/peer`);
    const error = await new Promise((resolve) => socket.on("error", resolve));
    expect(String(error)).toMatch(/hang up|ECONNRESET/);
    expect(server.count()).toBe(15);
    expect(MAX_PEERS).toBeGreaterThan(16);
    idle.destroy();
    for (const { socket: open } of raws) open.terminate();
  });

  it("lets go of whoever it refused, also when that side never ends the connection", async () => {
    const server = await serve(localPeer(TEACHER).local);
    const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.write(
      "GET /peer HTTP/1.1\r\nHost: x\r\nOrigin: null\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    socket.resume();
    await once(socket, "end");
    // The other side is gone for good: what is still said to it comes back as a reset.
    socket.on("error", () => {});
    const told = setInterval(() => socket.write("?"), 5);
    await new Promise((resolve) => socket.once("close", resolve));
    clearInterval(told);
  });

  it.each<[string, (string | Buffer)[], number]>([
    ["a first message that is no hello", [JSON.stringify({ type: "get-channel", id: 1 })], 4400],
    ["bytes before hello", [Buffer.from([0, 0, 0, 1, 2])], 4400],
    ["what is not JSON", ["{"], 4400],
    ["a protocol it does not know", [JSON.stringify({ ...hello, protocol: 2 })], 4400],
    ["a second hello", [JSON.stringify(hello), JSON.stringify(hello)], 4400],
    ["a frame larger than any request", [JSON.stringify(hello), Buffer.alloc(65 * 1024)], 1009],
  ])("closes on %s", async (_name, frames, code) => {
    const server = await serve(localPeer(TEACHER).local);
    const { socket, closed } = await openRaw(server);
    for (const frame of frames) socket.send(frame);
    expect((await closed)[0]).toBe(code);
  });

  it("closes on more requests than an honest neighbour has in flight", async () => {
    const never = () => new Promise<void>(() => {});
    const server = await serve(localPeer(TEACHER, { serve: never }).local);
    const { closed, say } = await openRaw(server);
    say(hello);
    for (let id = 1; id <= 17; id++) say({ type: "get-piece", id, root: CHANNEL, index: 0 });
    expect((await closed)[0]).toBe(4429);
  });

  it("waits for a hello five seconds, not longer", async () => {
    const clock = createFakeClock();
    const server = await serve(localPeer(TEACHER, { clock }).local);
    const { closed } = await openRaw(server);
    clock.advance(5_000);
    expect((await closed)[0]).toBe(4408);
  });

  it("ends connections that no longer answer pings", async () => {
    const clock = createFakeClock();
    const teacher = localPeer(TEACHER, { clock });
    const server = await serve(teacher.local);
    const [deaf, well] = [
      new WebSocket(`ws://127.0.0.1:${server.port}/peer`, { autoPong: false }),
      new WebSocket(`ws://127.0.0.1:${server.port}/peer`),
    ];
    const pinged = [once(deaf, "ping"), once(well, "ping")];
    await Promise.all([once(deaf, "message"), once(well, "message")]);
    for (const socket of [deaf, well]) socket.send(JSON.stringify(hello));
    await teacher.heard(2);
    clock.advance(30_000);
    await Promise.all(pinged);
    const again = once(well, "ping");
    // The server has seen the pong once it has answered what was sent after it.
    well.send(JSON.stringify({ type: "get-channel", id: 1 }));
    await once(well, "message");
    clock.advance(30_000);
    expect((await once(deaf, "close"))[0]).toBe(1006);
    await again;
    well.terminate();
  });

  it("speaks no HTTP but the upgrade", async () => {
    const server = await serve(localPeer(TEACHER).local);
    const socket = connect(server.port, "127.0.0.1");
    socket.write("GET /peer HTTP/1.1\r\nHost: x\r\n\r\n");
    const [answer] = await once(socket, "data");
    expect(String(answer)).toContain("404");
    socket.destroy();
  });
});

describe("orders", () => {
  const key = createSigningKey();
  const challenge = "12".repeat(16);
  const order = signOrder(key, "roll-back", LAPTOP, challenge);
  const verify = (envelope: Envelope, teachers = [key.publicKey], laptop = LAPTOP, given = challenge) => {
    try {
      return verifyOrder(envelope, teachers, laptop, given);
    } catch (error) {
      return error instanceof InfieldError ? error.code : "?";
    }
  };

  it("count for one laptop, one challenge, and a teacher it knows", () => {
    expect(verify(order)).toBe("roll-back");
    expect(verify(order, [])).toBe("not-allowed");
    expect(verify(order, [createSigningKey().publicKey])).toBe("not-allowed");
    expect(verify(order, [key.publicKey], TEACHER)).toBe("not-allowed");
    expect(verify(order, [key.publicKey], LAPTOP, "34".repeat(16))).toBe("not-allowed");
    expect(verify({ ...order, body: order.body.replace("roll-back", "resume") })).toBe("not-allowed");
    expect(verify({ ...order, body: "{}" })).toBe("not-allowed");
  });

  /** A teacher connected to a laptop that obeys `key`: how it orders, and what was obeyed. */
  async function setUp(changes: Partial<LocalPeer> = {}) {
    const obeyed: string[] = [];
    const teacher = localPeer(TEACHER);
    const laptop = localPeer(LAPTOP, {
      async obey(envelope, given) {
        obeyed.push(verifyOrder(envelope, [key.publicKey], LAPTOP, given));
      },
      ...changes,
    });
    const server = await serve(teacher.local);
    await dialPeer("127.0.0.1", server.port, laptop.local);
    await teacher.heard(1);
    const there = teacher.reports[0]?.link;
    if (there === undefined) throw new Error("the teacher has no link");
    const order = (command: "roll-back" | "resume", signer = key) =>
      there.asker.giveOrder(signOrder(signer, command, LAPTOP, there.challenge));
    return { teacher, there, order, obeyed };
  }

  it("follow each other, each with a challenge of its own", async () => {
    const { order, obeyed } = await setUp();
    await order("roll-back");
    await order("resume");
    expect(obeyed).toEqual(["roll-back", "resume"]);
  });

  it("cannot be replayed: each challenge is good for one order", async () => {
    const { there, obeyed } = await setUp();
    const first = signOrder(key, "roll-back", LAPTOP, there.challenge);
    await there.asker.giveOrder(first);
    expect(await codeOf(there.asker.giveOrder(first))).toBe("not-allowed");
    expect(obeyed).toEqual(["roll-back"]);
  });

  it("that are held back for a minute count no more, and the next challenge is told by then", async () => {
    const clock = createFakeClock();
    const { there, obeyed, order, teacher } = await setUp({ clock });
    const heldBack = signOrder(key, "roll-back", LAPTOP, there.challenge);
    clock.advance(60_000);
    await teacher.heard(2);
    await order("resume");
    expect(await codeOf(there.asker.giveOrder(heldBack))).toBe("not-allowed");
    expect(obeyed).toEqual(["resume"]);
  });

  it("that are refused end the connection, so that nobody can go on trying", async () => {
    const { there, order, obeyed } = await setUp();
    expect(await codeOf(order("resume", createSigningKey()))).toBe("not-allowed");
    await there.closed;
    expect(obeyed).toEqual([]);
  });

  it("are carried out one at a time: a second one ends the connection instead of being kept for later", async () => {
    let obeyed = 0;
    const obey = () => {
      obeyed++;
      return new Promise<void>(() => {});
    };
    const server = await serve(localPeer(TEACHER, { obey }).local);
    const { closed, say } = await openRaw(server);
    say(hello);
    for (let id = 1; id <= 1_000; id++) say({ type: "order", id, order: { body: "", signatures: [] } });
    expect((await closed)[0]).toBe(4429);
    expect(obeyed).toBe(1);
  });
});

describe("a neighbour that does not read", () => {
  it("is left when the answers to its requests pile up", async () => {
    const serveMuch: LocalPeer["serve"] = async (_, wire) => {
      wire.send(new Uint8Array(3 * 1024 * 1024)).catch(() => {});
    };
    const teacher = localPeer(TEACHER, { serve: serveMuch });
    const server = await serve(teacher.local);
    const { socket, say } = await openRaw(server);
    say(hello);
    await teacher.heard(1);
    socket.pause();
    let over = false;
    void teacher.reports[0]?.link.closed.then(() => {
      over = true;
    });
    while (!over) {
      for (let i = 0; i < 500 && socket.bufferedAmount < 1_000_000; i++) {
        say({ type: "get-channel", id: i });
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    socket.terminate();
  });
});
