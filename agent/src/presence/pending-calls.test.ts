import { expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { MESSAGE, type Message, type Value } from "./dbus-message.ts";
import { PendingCalls } from "./pending-calls.ts";

const ANSWER_MS = 5000;

function setUp() {
  const clock = createFakeClock();
  return { clock, calls: new PendingCalls(clock, ANSWER_MS) };
}

const answerTo = (serial: number, values: Value[], error?: string): Message => ({
  type: error === undefined ? MESSAGE.reply : MESSAGE.error,
  fields: { replySerial: serial, ...(error !== undefined && { error }) },
  body: () => values,
});

it("each answer goes to its own call, in whatever order they come", async () => {
  const { clock, calls } = setUp();
  const [first, second] = [calls.start("a"), calls.start("b")];
  calls.settle(answerTo(second.serial, ["two"]));
  calls.settle(answerTo(first.serial, ["one"]));
  calls.settle(answerTo(17, ["nobody asked"]));
  expect(await Promise.all([first.answer, second.answer])).toEqual([["one"], ["two"]]);
  expect(clock.waiting()).toBe(0);
});

it("an error has the bus's name for it", async () => {
  const { calls } = setUp();
  const { serial, answer } = calls.start("a");
  calls.settle(answerTo(serial, ["that name is taken"], "org.freedesktop.Avahi.CollisionError"));
  await expect(answer).rejects.toMatchObject({
    code: "org.freedesktop.Avahi.CollisionError",
    message: "that name is taken",
  });
});

it("who does not answer in time is given up, and an answer after that is nobody's", async () => {
  const { clock, calls } = setUp();
  const { serial, answer } = calls.start("org.freedesktop.Avahi");
  clock.advance(ANSWER_MS);
  await expect(answer).rejects.toMatchObject({ code: "no-answer" });
  calls.settle(answerTo(serial, []));
});

it("when the connection closes, no call waits any more, and none begins", async () => {
  const { clock, calls } = setUp();
  const { answer } = calls.start("a");
  calls.close();
  await expect(answer).rejects.toMatchObject({ code: "closed" });
  await expect(calls.start("a").answer).rejects.toMatchObject({ code: "closed" });
  expect(clock.waiting()).toBe(0);
});
