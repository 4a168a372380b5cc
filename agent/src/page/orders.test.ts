/** A teacher's orders: who may give them, and for how long, over real sockets. */
import { InfieldError } from "@infield/shared/base";
import { createSigningKey, type Envelope } from "@infield/shared/records";
import { describe, expect, it } from "vitest";
import { dialPeer } from "../peers/peer-client.ts";
import type { LocalPeer } from "../peers/peer-link.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import {
  codeOf,
  hello,
  LAPTOP,
  localPeer,
  openRaw,
  serve,
  TEACHER,
} from "../testing/neighbours.ts";
import { signOrder, verifyOrder } from "./orders.ts";

describe("orders", () => {
  const key = createSigningKey();
  const challenge = "12".repeat(16);
  const order = signOrder(key, { command: "roll-back" }, LAPTOP, challenge);
  const verify = (
    envelope: Envelope,
    teachers = [key.publicKey],
    laptop = LAPTOP,
    given = challenge,
  ) => {
    try {
      return verifyOrder(envelope, teachers, laptop, given).command;
    } catch (error) {
      return error instanceof InfieldError ? error.code : "?";
    }
  };

  it("count for one laptop, one challenge, and a teacher it knows", () => {
    expect(verify(order)).toBe("roll-back");
    expect(verify(order, [])).toBe("not-allowed");
    expect(verify(order, [createSigningKey().publicKey])).toBe("not-allowed");
    expect(verify(order, [key.publicKey], TEACHER)).toBe("not-allowed");
    expect(verify(order, [key.publicKey], LAPTOP, "34".repeat(16))).toBe("not-allowed");
    expect(verify({ ...order, body: order.body.replace("roll-back", "resume") })).toBe(
      "not-allowed",
    );
    expect(verify({ ...order, body: "{}" })).toBe("not-allowed");
  });

  /** A teacher connected to a laptop that obeys `key`: how it orders, and what was obeyed. */
  async function setUp(changes: Partial<LocalPeer> = {}) {
    const obeyed: string[] = [];
    const teacher = localPeer(TEACHER);
    const laptop = localPeer(LAPTOP, {
      async obey(envelope, given) {
        obeyed.push(verifyOrder(envelope, [key.publicKey], LAPTOP, given).command);
      },
      ...changes,
    });
    const server = await serve(teacher.local);
    await dialPeer("127.0.0.1", server.port, laptop.local);
    await teacher.heard(1);
    const there = teacher.reports[0]?.link;
    if (there === undefined) throw new Error("the teacher has no link");
    const order = (command: "roll-back" | "resume", signer = key) =>
      there.asker.giveOrder(signOrder(signer, { command }, LAPTOP, there.challenge));
    return { teacher, there, order, obeyed };
  }

  it("follow each other, each with a challenge of its own", async () => {
    const { order, obeyed } = await setUp();
    await order("roll-back");
    await order("resume");
    expect(obeyed).toEqual(["roll-back", "resume"]);
  });

  it("cannot be replayed: each challenge is good for one order", async () => {
    const { there, obeyed } = await setUp();
    const first = signOrder(key, { command: "roll-back" }, LAPTOP, there.challenge);
    await there.asker.giveOrder(first);
    expect(await codeOf(there.asker.giveOrder(first))).toBe("not-allowed");
    expect(obeyed).toEqual(["roll-back"]);
  });

  it("that are held back for a minute count no more, and the next challenge is told by then", async () => {
    const clock = createFakeClock();
    const { there, obeyed, order, teacher } = await setUp({ clock });
    const heldBack = signOrder(key, { command: "roll-back" }, LAPTOP, there.challenge);
    clock.advance(60_000);
    await teacher.heard(2);
    await order("resume");
    expect(await codeOf(there.asker.giveOrder(heldBack))).toBe("not-allowed");
    expect(obeyed).toEqual(["resume"]);
  });

  it("that are refused end the connection, so that nobody can go on trying", async () => {
    const { there, order, obeyed } = await setUp();
    expect(await codeOf(order("resume", createSigningKey()))).toBe("not-allowed");
    await there.closed;
    expect(obeyed).toEqual([]);
  });

  it("are carried out one at a time: a second one ends the connection instead of being kept for later", async () => {
    let obeyed = 0;
    const obey = () => {
      obeyed++;
      return new Promise<void>(() => {});
    };
    const server = await serve(localPeer(TEACHER, { obey }).local);
    const { closed, say } = await openRaw(server);
    say(hello);
    for (let id = 1; id <= 1_000; id++)
      say({ type: "order", id, order: { body: "", signatures: [] } });
    expect((await closed)[0]).toBe(4429);
    expect(obeyed).toBe(1);
  });
});
