/** Conversations of neighbours over real sockets. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { InfieldError } from "@infield/shared/base";
import type { Serve } from "@infield/shared/transfer";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import {
  codeOf,
  hello,
  LAPTOP,
  localPeer,
  openRaw,
  reportOf,
  serve,
  sharingOf,
  TEACHER,
} from "../testing/neighbours.ts";
import { dialPeer } from "./peer-client.ts";
import type { LocalPeer } from "./peer-link.ts";

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

  it("speak for one laptop a connection, whatever id a report has", async () => {
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

describe("dialling an address that somebody typed", () => {
  const reasonOf = (host: string, port: number) =>
    dialPeer(host, port, localPeer(LAPTOP).local).then(
      () => "it answered",
      (error: InfieldError) => `${error.code}: ${error.message}; ${error.hint}`,
    );

  it("says that nobody listens, the name is unknown, or something else answers", async () => {
    const page = createHttpServer((_, response) => response.writeHead(200).end("a page"));
    page.listen(0, "127.0.0.1");
    await once(page, "listening");
    const { port } = page.address() as AddressInfo;
    expect(await reasonOf("127.0.0.1", port)).toMatch(
      /^peer-failed: what answers at .+ port after the page's, 7461/,
    );
    page.close();
    await once(page, "close");
    expect(await reasonOf("127.0.0.1", port)).toMatch(
      /^peer-failed: no agent listens at 127.0.0.1 port \d+; start/,
    );
    expect(await reasonOf("no-such-machine.invalid", port)).toMatch(
      /no machine is known by that name; give its address/,
    );
  });

  it("knows the address that a name stood for", async () => {
    const server = await serve(localPeer(TEACHER).local);
    const link = await dialPeer("localhost", server.port, localPeer(LAPTOP).local);
    expect(link.address).toBe("127.0.0.1");
    link.close();
  });

  it("says that the other follows another channel, whichever side notices first", async () => {
    for (const channel of ["cd".repeat(32), undefined]) {
      const server = await serve(localPeer(TEACHER, { channel: () => channel }).local);
      expect(await reasonOf("127.0.0.1", server.port)).toMatch(/^unknown-channel: /);
    }
  });
});

describe("a neighbour that left without a word", () => {
  it("is hung up on by whoever dialled it when its pings stop, and not before", async () => {
    const [own, its] = [createFakeClock(), createFakeClock()];
    const teacher = localPeer(TEACHER, { clock: its });
    const server = await serve(teacher.local);
    const link = await dialPeer("127.0.0.1", server.port, localPeer(LAPTOP, { clock: own }).local);
    await teacher.heard(1);
    let over = false;
    void link.closed.then(() => {
      over = true;
    });
    for (let pings = 0; pings < 4; pings++) {
      own.advance(30_000);
      its.advance(30_000);
      // The ping is here with the first answer, and the pong there before the second question.
      for (let asked = 0; asked < 2; asked++)
        await link.asker.askText({ type: "get-channel" }).catch(() => {});
      expect(over).toBe(false);
    }
    own.advance(75_000);
    await link.closed;
  });
});

describe("a neighbour that tells without being asked", () => {
  it("is heard: packets come as they were sent", async () => {
    const packets: string[] = [];
    let came = () => {};
    const both = new Promise<void>((resolve) => {
      came = resolve;
    });
    const onPacket: LocalPeer["onPacket"] = (packet, { id }) => {
      packets.push(`${id} ${packet.length}`);
      if (packets.length === 2) came();
    };
    const server = await serve(localPeer(TEACHER, { onPacket }).local);
    const link = await dialPeer("127.0.0.1", server.port, localPeer(LAPTOP).local);
    for (const bytes of [28, 136]) link.sendPacket(new Uint8Array(bytes));
    await both;
    expect(packets).toEqual([`${LAPTOP} 28`, `${LAPTOP} 136`]);
    link.close();
  });

  it.each([
    ["reports", { type: "report", report: reportOf(LAPTOP) }],
    ["packets", { type: "packet", packet: "AAAA" }],
    ["news of pieces", { type: "have", id: 1, indexes: [0] }],
    ["cancellations", { type: "cancel", id: 1 }],
  ])("is left when it floods us with %s", async (_, message) => {
    const teacher = localPeer(TEACHER);
    const server = await serve(teacher.local);
    const { say, closed } = await openRaw(server);
    say(hello);
    for (let count = 0; count < 10_000; count++) say(message);
    expect((await closed)[0]).toBe(4429);
    expect(teacher.reports.length).toBeLessThan(100);
  });
});

describe("a neighbour that does not read", () => {
  it("is left when the answers to its requests pile up", async () => {
    const serveMuch: Serve = async (_, wire) => {
      wire.send(new Uint8Array(3 * 1024 * 1024)).catch(() => {});
    };
    const teacher = localPeer(TEACHER, { sharing: sharingOf(serveMuch) });
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
