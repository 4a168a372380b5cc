import { MAX_LAPTOPS, type Query, type Report } from "@infield/shared";
import { describe, expect, it } from "vitest";
import { createClassroom } from "./classroom.ts";
import type { AgentEvent } from "./events.ts";
import type { PeerLink } from "./peer-link.ts";
import { createReporting } from "./reporting.ts";
import { createFakeClock } from "./testing/fake-clock.ts";

const idOf = (number: number) => number.toString(16).padStart(16, "0");
const reportOf = (number: number): Report => ({
  id: idOf(number),
  name: `desk ${number}`,
  version: 1,
  state: "resting",
  teachers: ["65b60673d6ed884b"],
});

/** A link that a test ends. */
function fakeLink(number: number) {
  let end = () => {};
  const closed = new Promise<void>((resolve) => {
    end = resolve;
  });
  const link = { id: idOf(number), address: "192.0.2.7", close: () => end(), closed } as PeerLink;
  return { link, end: () => end(), closed };
}

describe("the classroom", () => {
  function setUp() {
    const clock = createFakeClock();
    const events: AgentEvent[] = [];
    return { clock, events, classroom: createClassroom(clock, (event) => void events.push(event)) };
  }

  it("knows who is there, who was, since when, and who obeys", async () => {
    const { clock, events, classroom } = setUp();
    const here = fakeLink(1);
    classroom.hear(reportOf(1), here.link);
    clock.advance(5_000);
    const [laptop] = classroom.laptops("65b60673d6ed884b");
    expect(laptop).toMatchObject({ name: "desk 1", unseenMs: 0, obeys: true });
    expect(classroom.linkTo(idOf(1))).toBe(here.link);
    here.end();
    await here.closed;
    clock.advance(7_000);
    expect(classroom.laptops("other")[0]).toMatchObject({ unseenMs: 7_000, obeys: false });
    expect(classroom.linkTo(idOf(1))).toBeUndefined();
    expect(events.map((event) => event.event === "peer" && event.state)).toEqual(["connected", "gone"]);
  });

  it("gives orders over the newest of several connections of one laptop", async () => {
    const { classroom } = setUp();
    const [old, fresh] = [fakeLink(1), fakeLink(1)];
    classroom.hear(reportOf(1), old.link);
    classroom.hear(reportOf(1), fresh.link);
    expect(classroom.linkTo(idOf(1))).toBe(fresh.link);
    fresh.end();
    await fresh.closed;
    expect(classroom.linkTo(idOf(1))).toBe(old.link);
    expect(classroom.laptops("")[0]?.unseenMs).toBe(0);
  });

  it("forgets the longest unseen when there are too many, and nobody who is connected", async () => {
    const { clock, classroom } = setUp();
    const first = fakeLink(0);
    classroom.hear(reportOf(0), first.link);
    for (let number = 1; number <= MAX_LAPTOPS; number++) {
      const passing = fakeLink(number);
      classroom.hear(reportOf(number), passing.link);
      passing.end();
      await passing.closed;
      clock.advance(1_000);
    }
    const ids = classroom.laptops("").map((laptop) => laptop.id);
    expect(ids.length).toBe(MAX_LAPTOPS);
    expect(ids).toContain(idOf(0));
    expect(ids).not.toContain(idOf(1));
    expect(ids).toContain(idOf(MAX_LAPTOPS));
  });
});

describe("reporting to teachers", () => {
  const queryFrom = (number: number): Query => ({
    channel: "ab".repeat(8),
    version: 1,
    classroom: true,
    sender: { port: 7461, id: idOf(number) },
  });
  function setUp() {
    const clock = createFakeClock();
    const links: ReturnType<typeof fakeLink>[] = [];
    const dialled: string[] = [];
    const reporting = createReporting(clock, async (address, port) => {
      dialled.push(`${address} ${port}`);
      const link = fakeLink(9);
      links.push(link);
      return link.link;
    });
    return { clock, links, dialled, reporting };
  }
  /** Lets what is ready run. */
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  it("connects once to each, by the address the query came from, while the queries last", async () => {
    const { clock, links, dialled, reporting } = setUp();
    for (let queries = 0; queries < 5; queries++) {
      reporting.onQuery(queryFrom(1), "192.0.2.1");
      await turn();
      clock.advance(20_000);
    }
    expect(dialled).toEqual(["192.0.2.1 7461"]);
    clock.advance(61_000);
    await links[0]?.closed;
    expect(clock.waiting()).toBe(0);
  });

  it("connects again at the next query when the connection broke", async () => {
    const { links, dialled, reporting } = setUp();
    reporting.onQuery(queryFrom(1), "192.0.2.1");
    await turn();
    links[0]?.end();
    await turn();
    reporting.onQuery(queryFrom(1), "192.0.2.1");
    await turn();
    expect(dialled.length).toBe(2);
  });

  it("has one place for each address, however many laptops somebody there invents", async () => {
    const { clock, dialled, reporting } = setUp();
    for (let number = 1; number <= 50; number++) reporting.onQuery(queryFrom(number), "192.0.2.66");
    reporting.onQuery(queryFrom(99), "192.0.2.1");
    await turn();
    expect(dialled).toEqual(["192.0.2.66 7461", "192.0.2.1 7461"]);
    reporting.close();
    expect(clock.waiting()).toBe(0);
  });

  it("has four places, and keeps them for who has given an order that counted", async () => {
    const { links, dialled, reporting } = setUp();
    const ended: number[] = [];
    for (let number = 1; number <= 4; number++) {
      reporting.onQuery(queryFrom(number), `192.0.2.${number}`);
      await turn();
      void links[number - 1]?.closed.then(() => ended.push(number));
    }
    for (const number of [1, 3]) Object.assign(links[number - 1]?.link ?? {}, { hasOrdered: true });
    for (let number = 5; number <= 7; number++) {
      reporting.onQuery(queryFrom(number), `192.0.2.${number}`);
      await turn();
    }
    expect(dialled.length).toBe(7);
    expect(ended).toEqual([2, 4]);
    for (const { link } of links) Object.assign(link, { hasOrdered: true });
    reporting.onQuery(queryFrom(8), "192.0.2.8");
    await turn();
    expect(dialled.length).toBe(7);
    reporting.close();
  });
});
