import { decode, encode, type Packet } from "dns-packet";
import fc from "fast-check";
import type { QueryOutgoingPacket } from "multicast-dns";
import { beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { startBrowser } from "./browser.ts";
import { Neighbours } from "./neighbours.ts";
import { readRecords } from "./records.ts";
import { describeService, SERVICE_DOMAIN } from "./service.ts";

const OWN = "0000000000000000";
const channelId = "c".repeat(64);
const HOUR_MS = 3_600_000;

let clock: ReturnType<typeof createFakeClock>;
let asked: QueryOutgoingPacket[];
let neighbours: Neighbours;
let browser: ReturnType<typeof startBrowser>;
beforeEach(() => {
  clock = createFakeClock();
  asked = [];
  neighbours = new Neighbours(clock, OWN, () => {});
  browser = startBrowser({
    clock,
    channelId,
    neighbours,
    query: (packet) => void asked.push(packet),
  });
});

/** A response as it comes over the network. */
function hear(
  answers: Packet["answers"],
  additionals: Packet["additionals"] = [],
  address = "10.0.0.2",
): void {
  const bytes = encode({
    type: "response",
    answers: answers ?? [],
    additionals: additionals ?? [],
  });
  browser.onResponse(decode(bytes), address);
}

function recordsOf(number: number, ttl = 4500) {
  const id = number.toString(16).padStart(16, "0");
  const { instance, port, txt } = describeService({
    ...{ id, channelId, peerPort: 7461, release: number, name: `desk ${number}` },
  });
  const name = `${instance}.${SERVICE_DOMAIN}`;
  return {
    name,
    ptr: { type: "PTR", name: SERVICE_DOMAIN, data: name, ttl },
    srv: { type: "SRV", name, data: { port, target: "host.local" }, ttl: ttl && 120 },
    txt: { type: "TXT", name, data: [...txt] as string[], ttl },
  } as const;
}

describe("a browser", () => {
  it("asks 14 times in the first three hours, and then about once an hour", () => {
    clock.advance(3 * HOUR_MS);
    expect(asked.length).toBe(14);
    clock.advance(24 * HOUR_MS);
    expect(asked.length).toBe(14 + 22);
    expect(asked[0]).toEqual({ questions: [{ type: "PTR", name: SERVICE_DOMAIN }], answers: [] });
  });

  it("asks before anything it knows is over, whatever chance says", () => {
    for (const chance of [0, 0.999]) {
      const late = createFakeClock(() => chance);
      const times: number[] = [];
      startBrowser({
        clock: late,
        channelId,
        neighbours,
        query: () => void times.push(late.now()),
      });
      late.advance(10 * HOUR_MS);
      const gaps = times.map((time, index) => time - (times[index - 1] ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(75 * 60 * 1000);
    }
  });

  it("learns of a laptop from one response, and of its next release from a TXT record alone", () => {
    const { ptr, srv, txt } = recordsOf(5);
    hear([ptr], [srv, txt]);
    expect(neighbours.list()).toEqual([
      { id: "0000000000000005", name: "desk 5", release: 5, address: "10.0.0.2", port: 7461 },
    ]);
    hear([
      {
        ...txt,
        data: ["txtvers=1", `channel=${channelId.slice(0, 16)}`, "release=6", "name=desk 5"],
      },
    ]);
    expect(neighbours.list()[0]?.release).toBe(6);
  });

  it("forgets a laptop that says goodbye with any of its records", () => {
    for (const record of ["ptr", "srv", "txt"] as const) {
      const { ptr, srv, txt } = recordsOf(5);
      hear([ptr], [srv, txt]);
      hear([recordsOf(5, 0)[record]]);
      expect(neighbours.list(), record).toEqual([]);
    }
  });

  it("forgets a laptop that follows another channel, or writes what nobody can read", () => {
    const { ptr, txt } = recordsOf(5);
    for (const strings of [
      ["txtvers=1", "channel=0123456789abcdef", "release=5", "name=x"],
      ["?"],
    ]) {
      hear([ptr, txt]);
      hear([{ ...txt, data: strings }]);
      expect(neighbours.list()).toEqual([]);
    }
  });

  it("reads no address, and offers no port of other programs' services", () => {
    const { name, ptr, txt } = recordsOf(5);
    hear(
      [ptr, txt],
      [
        { type: "SRV", name, data: { port: 22, target: "victim.local" }, ttl: 120 },
        { type: "A", name: "victim.local", data: "10.0.0.99", ttl: 120 },
      ],
    );
    expect(neighbours.list()).toEqual([
      { id: "0000000000000005", name: "desk 5", release: 5, address: "10.0.0.2" },
    ]);
  });

  it("tells whom it knows well, so that they need not answer", () => {
    clock.advance(1000);
    hear([recordsOf(5).ptr], [recordsOf(5).txt]);
    clock.advance(10_000);
    expect(asked.at(-1)?.answers).toEqual([
      { type: "PTR", name: SERVICE_DOMAIN, data: recordsOf(5).name, ttl: expect.any(Number) },
    ]);
  });

  it("asks no longer packet than fits, however many it knows", () => {
    for (let number = 1; number < 200; number++) {
      const { ptr, txt } = recordsOf(number);
      hear([ptr, txt], [], `10.0.0.${number}`);
    }
    clock.advance(1000);
    const { questions, answers } = asked[0] ?? { questions: [] };
    expect(encode({ type: "query", questions, answers: answers ?? [] }).length).toBeLessThan(1472);
  });

  /**
   * How often it asks in ten hours in which this question of somebody else comes every half hour.
   */
  function countBeside(
    question: "_http._tcp.local" | typeof SERVICE_DOMAIN,
    spared: Packet["answers"] = [],
  ) {
    clock.advance(3 * HOUR_MS);
    const before = asked.length;
    for (let minutes = 0; minutes < 10 * 60; minutes += 30) {
      browser.onQuery({ questions: [{ type: "PTR", name: question }], answers: spared });
      clock.advance(HOUR_MS / 2);
    }
    return asked.length - before;
  }

  it("takes somebody else's question for its own, unless that spares laptops it may not know", () => {
    expect(countBeside(SERVICE_DOMAIN)).toBe(0);
    expect(countBeside("_http._tcp.local")).toBeGreaterThan(5);
    expect(countBeside(SERVICE_DOMAIN, [recordsOf(9).ptr])).toBeGreaterThan(5);
  });

  it("does not take its own question for somebody else's when the network gives it back", () => {
    const late = createFakeClock();
    let questions = 0;
    const echoed = startBrowser({
      ...{ clock: late, channelId, neighbours },
      query({ questions: what }) {
        questions++;
        late.startTimer(100, () => echoed.onQuery({ questions: what, answers: [] }));
      },
    });
    late.advance(3 * HOUR_MS);
    expect(questions).toBe(14);
  });

  it("takes one for its own that spares laptops it knows well, and itself", () => {
    const own = recordsOf(0).ptr;
    expect(countBeside(SERVICE_DOMAIN, [own])).toBe(0);
    const before = asked.length;
    const { ptr, txt } = recordsOf(9);
    hear([ptr], [txt]);
    for (let minutes = 0; minutes < 30; minutes++) {
      browser.onQuery({ questions: [{ type: "PTR", name: SERVICE_DOMAIN }], answers: [own, ptr] });
      clock.advance(60_000);
    }
    expect(asked.length).toBe(before);
    // More than half of its time is over: a question of ours would not spare it any more.
    for (let minutes = 30; minutes < 120; minutes++) {
      browser.onQuery({ questions: [{ type: "PTR", name: SERVICE_DOMAIN }], answers: [own, ptr] });
      clock.advance(60_000);
    }
    expect(asked.length).toBe(before + 1);
  });

  it("a room of fifty asks about as often as one laptop alone", () => {
    const room = Array.from({ length: 50 }, (_, index) => {
      const id = (index + 1).toString(16).padStart(16, "0");
      const { ptr, txt } = recordsOf(index + 1);
      return {
        records: [ptr, txt],
        known: new Neighbours(clock, id, () => {}),
        address: `10.0.0.${index + 1}`,
      };
    });
    let questions = 0;
    const browsers = room.map(({ known }) =>
      startBrowser({
        ...{ clock, channelId, neighbours: known },
        query(packet) {
          questions++;
          const query = decode(
            encode({ type: "query", questions: packet.questions, answers: packet.answers ?? [] }),
          );
          for (const other of browsers) other.onQuery(query);
          const spared = new Set(
            (query.answers ?? []).map((answer) => answer.type === "PTR" && answer.data),
          );
          for (const { records, address } of room) {
            if (spared.has(records[0]?.type === "PTR" && records[0].data)) continue;
            const response = decode(encode({ type: "response", answers: records }));
            for (const other of browsers) other.onResponse(response, address);
          }
        },
      }),
    );
    clock.advance(3 * HOUR_MS);
    expect(questions).toBeLessThan(40);
    for (const { known } of room) expect(known.list().length).toBe(49);
  });

  it("asks once for what a name alone does not say, for sixteen of them at the most", () => {
    clock.advance(HOUR_MS);
    const before = asked.length;
    hear([recordsOf(1).ptr]);
    clock.advance(1000);
    expect(asked.slice(before)).toEqual([
      {
        questions: [
          { type: "SRV", name: recordsOf(1).name },
          { type: "TXT", name: recordsOf(1).name },
        ],
      },
    ]);
    for (let number = 2; number < 50; number++) hear([recordsOf(number).ptr]);
    clock.advance(1000);
    expect(asked.at(-1)?.questions?.[0]).toEqual({ type: "SRV", name: recordsOf(2).name });
    expect(asked.at(-1)?.questions).toHaveLength(32);
    expect(asked.length).toBe(before + 2);
  });

  it("has no timers left when it is stopped", () => {
    hear([recordsOf(1).ptr]);
    browser.stop();
    expect(clock.waiting()).toBe(0);
  });
});

it("whatever a packet is, reading it ends, and knows nobody from it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 400 }), (bytes) => {
      let packet: Packet;
      try {
        packet = decode(Buffer.from(bytes));
      } catch {
        return;
      }
      expect(readRecords(packet, channelId)).toEqual([]);
    }),
  );
});

it("a packet with one wrong byte is read, or not, without harm", () => {
  const { ptr, srv, txt } = recordsOf(5);
  const right = encode({ type: "response", answers: [ptr], additionals: [srv, txt] });
  for (let at = 0; at < right.length; at++) {
    for (const bit of [1, 128]) {
      const wrong = Buffer.from(right);
      wrong[at] = (wrong[at] ?? 0) ^ bit;
      try {
        browser.onResponse(decode(wrong), "10.0.0.2");
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
      for (const { name } of neighbours.list()) expect(name).toMatch(/^[^\p{Cc}]{1,80}$/u);
    }
  }
});
