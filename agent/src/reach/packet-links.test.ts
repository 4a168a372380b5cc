import {
  formatAnnouncement,
  formatQuery,
  parseAnnouncement,
  parseQuery,
  type Query,
} from "@infield/shared/announce";
import { expect, it } from "vitest";
import type { PeerLink } from "../peers/peer-link.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { fakeLink, idOf } from "../testing/fake-link.ts";
import { reportOf } from "../testing/neighbours.ts";
import { PacketLinks } from "./packet-links.ts";

const CHANNEL = "ab".repeat(8);
const SELF = 5;
const queryOf = (number: number, version: number, classroom = false, channel = CHANNEL): Query => ({
  ...{ channel, version, classroom, sender: { port: 7461, id: idOf(number) } },
});

/** An announcement as it would look; whether it is signed is somebody else's business. */
function announcementOf(number: number, version: number): Uint8Array {
  const signed = new Uint8Array(126);
  signed.set([...new TextEncoder().encode("INFA"), 1, 0, ...Array.from({ length: 8 }, () => 0xab)]);
  new DataView(signed.buffer).setUint32(14, version);
  return formatAnnouncement(signed, { port: 7461, id: idOf(number) });
}

function setUp() {
  const clock = createFakeClock();
  const heard: { version: number | undefined; from: string }[] = [];
  const began: string[] = [];
  let own = { version: 1, announced: 1 };
  const packets = new PacketLinks({
    clock,
    laptopId: idOf(SELF),
    query: () => queryOf(SELF, own.version),
    announcing: () => ({ version: own.announced, packet: announcementOf(SELF, own.announced) }),
    onAnnouncement: (packet, link) =>
      heard.push({ version: parseAnnouncement(packet)?.version, from: link.id }),
    onBegin: (link) => began.push(link.id),
    report: () => reportOf(idOf(SELF)),
  });
  /**
   * A connection to laptop `number`, and what was said on it: `?1` asks for what is newer than 1,
   * `!2` announces 2.
   */
  const connect = (number: number) => {
    const said: string[] = [];
    const { link, closed, end } = fakeLink(number);
    const sendPacket = (packet: Uint8Array) => {
      const query = parseQuery(packet);
      said.push(query ? `?${query.version}` : `!${parseAnnouncement(packet)?.version}`);
    };
    const sendReport = () => said.push("report");
    return { link: Object.assign(link, { sendPacket, sendReport }) as PeerLink, said, closed, end };
  };
  const ask = (from: PeerLink, number: number, version: number, classroom = false) =>
    packets.hear(formatQuery(queryOf(number, version, classroom)), from);
  const update = (version: number) => {
    own = { version, announced: version };
    packets.announce();
  };
  return { clock, packets, connect, ask, update, heard, began };
}

it("who is dialled is asked; whoever asks first is answered, asked back, and asked for by multicast", () => {
  const { packets, connect, ask, began } = setUp();
  const [to, from] = [connect(1), connect(2)];
  packets.begin(to.link);
  expect(to.said).toEqual(["?1"]);
  ask(from.link, 2, 0);
  expect(from.said).toEqual(["?1", "!1"]);
  ask(to.link, 1, 1);
  expect(to.said).toEqual(["?1"]);
  expect(began).toEqual([idOf(2)]);
});

it("a new release is told to those who are not known to have it, and an announcement goes its way", () => {
  const { packets, connect, ask, update, heard } = setUp();
  const [behind, ahead] = [connect(1), connect(2)];
  for (const { link } of [behind, ahead]) packets.begin(link);
  ask(behind.link, 1, 1);
  packets.hear(announcementOf(2, 2), ahead.link);
  expect(heard).toEqual([{ version: 2, from: idOf(2) }]);
  update(2);
  expect([behind.said, ahead.said]).toEqual([["?1", "!2"], ["?1"]]);
  behind.end();
});

it("reports go to whoever has a page open, until three of its queries did not come", () => {
  const { clock, packets, connect, ask } = setUp();
  const { link, said } = connect(1);
  ask(link, 1, 1, false);
  packets.sendReport();
  expect(said).toEqual(["?1"]);
  ask(link, 1, 1, true);
  clock.advance(60_000);
  packets.sendReport();
  clock.advance(2_000);
  packets.sendReport();
  expect(said).toEqual(["?1", "report", "report"]);
});

it("what multicast is asked all are asked, as long as they are there", async () => {
  const { packets, connect, ask } = setUp();
  const [one, two] = [connect(1), connect(2)];
  ask(one.link, 1, 1);
  ask(two.link, 2, 1);
  two.end();
  await two.closed;
  packets.ask(formatQuery(queryOf(SELF, 0)));
  expect([one.said, two.said]).toEqual([["?1", "?0"], ["?1"]]);
});

it("of two connections between the same two, what the smaller id dialled stays, seen from either side", async () => {
  for (const other of [1, 9]) {
    const { packets, connect, ask } = setUp();
    const [to, from] = [connect(other), connect(other)];
    packets.begin(to.link);
    ask(from.link, other, 1);
    const closes = other > SELF ? [] : [to];
    await Promise.all(closes.map(({ closed }) => closed));
    expect(packets.twinOf(to.link)).toBe(from.link);
    expect(packets.twinOf(from.link)).toBe(other > SELF ? to.link : undefined);
  }
});

it("a laptop cannot take another's place from another address", () => {
  const { packets, connect, ask } = setUp();
  const [to, from] = [connect(1), connect(1)];
  packets.begin(to.link);
  Object.assign(from.link, { address: "192.0.2.66" });
  ask(from.link, 1, 1);
  expect(packets.twinOf(to.link)).toBeUndefined();
});

it("of a flood little is looked at, and nothing of other channels, of ourselves, or of what is no packet", () => {
  const { packets, connect, heard } = setUp();
  const { link, said } = connect(1);
  const odd = [new Uint8Array(), new Uint8Array(200), announcementOf(SELF, 2)];
  for (const packet of [...odd, formatQuery(queryOf(1, 0, false, "cd".repeat(8)))])
    packets.hear(packet, link);
  expect([said, heard]).toEqual([[], []]);
  for (let count = 0; count < 1_000; count++) packets.hear(announcementOf(1, 2 ** 32 - 1), link);
  expect(heard.length).toBeLessThan(20);
});
