import type { Query } from "@infield/shared/announce";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { fakeLink, idOf } from "../testing/fake-link.ts";
import type { PeerLink } from "./peer-link.ts";
import { createTeacherLinks } from "./teacher-links.ts";

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
    const teacherLinks = createTeacherLinks(clock, async (address, port) => {
      dialled.push(`${address} ${port}`);
      const link = fakeLink(9);
      links.push(link);
      return link.link;
    });
    return { clock, links, dialled, teacherLinks };
  }
  /** Lets what is ready run. */
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  it("connects once to each, at the source of its query, while the queries last", async () => {
    const { clock, links, dialled, teacherLinks } = setUp();
    for (let queries = 0; queries < 5; queries++) {
      teacherLinks.onQuery(queryFrom(1), "192.0.2.1");
      await turn();
      clock.advance(20_000);
    }
    expect(dialled).toEqual(["192.0.2.1 7461"]);
    clock.advance(61_000);
    await links[0]?.closed;
    expect(clock.waiting()).toBe(0);
  });

  it("connects again at the next query when the connection broke", async () => {
    const { links, dialled, teacherLinks } = setUp();
    teacherLinks.onQuery(queryFrom(1), "192.0.2.1");
    await turn();
    links[0]?.end();
    await turn();
    teacherLinks.onQuery(queryFrom(1), "192.0.2.1");
    await turn();
    expect(dialled.length).toBe(2);
  });

  it("has one place for each address, however many laptops somebody there invents", async () => {
    const { clock, dialled, teacherLinks } = setUp();
    for (let number = 1; number <= 50; number++)
      teacherLinks.onQuery(queryFrom(number), "192.0.2.66");
    teacherLinks.onQuery(queryFrom(99), "192.0.2.1");
    await turn();
    expect(dialled).toEqual(["192.0.2.66 7461", "192.0.2.1 7461"]);
    teacherLinks.close();
    expect(clock.waiting()).toBe(0);
  });

  it("has four places, and keeps them for who has given an order that counted", async () => {
    const { links, dialled, teacherLinks } = setUp();
    const ended: number[] = [];
    for (let number = 1; number <= 4; number++) {
      teacherLinks.onQuery(queryFrom(number), `192.0.2.${number}`);
      await turn();
      void links[number - 1]?.closed.then(() => ended.push(number));
    }
    for (const number of [1, 3]) Object.assign(links[number - 1]?.link ?? {}, { hasOrdered: true });
    for (let number = 5; number <= 7; number++) {
      teacherLinks.onQuery(queryFrom(number), `192.0.2.${number}`);
      await turn();
    }
    expect(dialled.length).toBe(7);
    expect(ended).toEqual([2, 4]);
    for (const { link } of links) Object.assign(link, { hasOrdered: true });
    teacherLinks.onQuery(queryFrom(8), "192.0.2.8");
    await turn();
    expect(dialled.length).toBe(7);
    teacherLinks.close();
  });

  /** Teachers who never say hello: a dial ends when it is told to. */
  function setUpSilent() {
    const clock = createFakeClock();
    let dialling = 0;
    const teacherLinks = createTeacherLinks(clock, async (_address, _port, signal) => {
      signal.throwIfAborted();
      dialling++;
      return new Promise<PeerLink>((_, reject) => {
        signal.addEventListener("abort", () => {
          dialling--;
          reject(signal.reason);
        });
      });
    });
    const left = () => ({ dialling, timers: clock.waiting() });
    return { teacherLinks, left };
  }

  it("ends for a teacher who is still being dialled when the laptop leaves", () => {
    const { teacherLinks, left } = setUpSilent();
    teacherLinks.onQuery(queryFrom(1), "192.0.2.1");
    expect(left()).toEqual({ dialling: 1, timers: 1 });
    teacherLinks.close();
    expect(left()).toEqual({ dialling: 0, timers: 0 });
  });

  it("does not begin for who asks once the laptop has left", async () => {
    const { teacherLinks, left } = setUpSilent();
    teacherLinks.close();
    teacherLinks.onQuery(queryFrom(1), "192.0.2.1");
    await turn();
    expect(left()).toEqual({ dialling: 0, timers: 0 });
  });
});
