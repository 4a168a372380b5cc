/** The neighbours' listener, and those who do not behave. */
import { once } from "node:events";
import { connect } from "node:net";
import { MAX_PEERS, PIECE_BYTES } from "@infield/shared/base";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createFakeClock } from "../testing/fake-clock.ts";
import {
  CHANNEL,
  hello,
  localPeer,
  openRaw,
  serve,
  sharingOf,
  TEACHER,
} from "../testing/neighbours.ts";

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

  it("takes a certain number from one address, idle ones included", async () => {
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
    const headers = ["Host: x", "Origin: null", "Connection: Upgrade", "Upgrade: websocket"];
    socket.write(`${["GET /peer HTTP/1.1", ...headers].join("\r\n")}\r\n\r\n`);
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

  it("closes on a message in more frames than any needs, and takes a piece in one", async () => {
    const server = await serve(localPeer(TEACHER).local);
    const { socket, closed } = await openRaw(server);
    socket.send(JSON.stringify(hello));
    socket.send(new Uint8Array(PIECE_BYTES + 4));
    for (let frames = 0; frames < 1_025; frames++) socket.send(" ", { fin: false });
    expect((await closed)[0]).toBe(1008);
  });

  it("closes on more requests than an honest neighbour has in flight", async () => {
    const never = () => new Promise<void>(() => {});
    const server = await serve(localPeer(TEACHER, { sharing: sharingOf(never) }).local);
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
