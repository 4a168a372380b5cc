import { createSigningKey } from "@infield/shared/records";
import type { Order, Report } from "@infield/shared/transfer";
import { describe, expect, it } from "vitest";
import { Classroom } from "../page/classroom.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { giveOrder } from "./give-order.ts";

const LAPTOP = "00000000000000bb";
const reportOf = (version: number, state: Report["state"]): Report => ({
  ...{ id: LAPTOP, name: "desk 4", version, previous: 1, state, teachers: [] },
});

describe("an order of the teacher", () => {
  /** A laptop that answers every order by `done`, whatever it did. */
  function setUp(report: Report) {
    const clock = createFakeClock();
    const classroom = new Classroom(clock, () => {});
    let answered = () => {};
    const done = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const answer = async () => answered();
    const closed = new Promise<void>(() => {});
    const link = { id: LAPTOP, challenge: "0".repeat(32), closed, asker: { giveOrder: answer } };
    classroom.hear(report, link as unknown as PeerLink);
    const teacherKey = createSigningKey();
    const page = new AbortController();
    const give = (command: Order["command"]) =>
      giveOrder({ classroom, teacherKey }, { command }, LAPTOP, page.signal);
    const say = (next: Report) => classroom.hear(next, link as unknown as PeerLink);
    return { clock, give, done, say, page };
  }
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  it("is done once the laptop's own report shows it, not when somebody says so", async () => {
    const { give, done, say } = setUp(reportOf(2, "resting"));
    let over = false;
    const ordered = give("roll-back").then(() => {
      over = true;
    });
    await done;
    await turn();
    expect(over).toBe(false);
    say(reportOf(1, "held"));
    await ordered;
  });

  it("fails when the report never shows it", async () => {
    const { clock, give, done } = setUp(reportOf(1, "held"));
    const ordered = expect(give("resume")).rejects.toMatchObject({
      code: "peer-failed",
    });
    await done;
    await turn();
    clock.advance(20_000);
    await ordered;
    expect(clock.waiting()).toBe(0);
  });

  it("is waited for no longer than its page is open, as an agent that stops closes its pages", async () => {
    const { clock, give, done, page } = setUp(reportOf(1, "held"));
    const ordered = expect(give("resume")).rejects.toMatchObject({
      name: "AbortError",
    });
    await done;
    await turn();
    page.abort();
    await ordered;
    expect(clock.waiting()).toBe(0);
  });
});
