import { MAX_LAPTOPS } from "@infield/shared/base";
import type { Report } from "@infield/shared/transfer";
import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../laptop/events.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { fakeLink, idOf } from "../testing/fake-link.ts";
import { Classroom } from "./classroom.ts";

const reportOf = (number: number): Report => ({
  id: idOf(number),
  name: `desk ${number}`,
  version: 1,
  state: "resting",
  teachers: ["65b60673d6ed884b"],
});

describe("the classroom", () => {
  function setUp() {
    const clock = createFakeClock();
    const events: AgentEvent[] = [];
    return { clock, events, classroom: new Classroom(clock, (event) => void events.push(event)) };
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
    expect(events.map((event) => event.event === "peer" && event.state)).toEqual([
      "connected",
      "gone",
    ]);
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
