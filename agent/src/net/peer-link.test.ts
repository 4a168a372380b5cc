/** Conversations of neighbours over real sockets. */
import { describe, expect, it } from "vitest";
import { dialPeer } from "./peer-client.ts";
import type { LocalPeer } from "./peer-link.ts";
import { codeOf, hello, LAPTOP, localPeer, openRaw, reportOf, serve, TEACHER } from "./testing/neighbours.ts";

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
    await server.close();
    const { local } = localPeer(LAPTOP);
    expect(await codeOf(dialPeer("127.0.0.1", server.port, local))).toBe("peer-failed");
    const stop = new AbortController();
    stop.abort();
    expect(await codeOf(dialPeer("127.0.0.1", server.port, local, stop.signal))).toBe("AbortError");
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
