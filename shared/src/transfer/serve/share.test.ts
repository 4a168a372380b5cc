/** Serving a swarm: whose turn it is, and who is told of what. Time goes when a test says so. */
import { describe, expect, it } from "vitest";
import { MAX_HAVE } from "../../base/limits.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import type { Request } from "../messages/requests.ts";
import type { Wire } from "../messages/wire.ts";
import { createSharing } from "./share.ts";

const ROOT = "ab".repeat(32);
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** A sharing whose answers end when a test says so; `begun` lists them as "connection:piece". */
function setUp() {
  const clock = createFakeClock();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const names = new Map<Wire, string>();
  const sharing = createSharing(async (request, wire) => {
    if (request.type !== "get-piece") return;
    const name = `${names.get(wire)}:${request.index}`;
    begun.push(name);
    await new Promise<void>((resolve) => ends.set(name, resolve));
  }, clock);
  const sent: { to: string; text: string }[] = [];
  const connect = (name: string) => {
    const wire: Wire = {
      send: async (frame) => void sent.push({ to: name, text: String(frame) }),
      close() {},
    };
    names.set(wire, name);
    return wire;
  };
  let id = 0;
  const ask = (wire: Wire, index: number) => {
    const request: Request = { type: "get-piece", id: ++id, root: ROOT, index };
    void sharing.serve(request, wire);
    return id;
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await turn();
  };
  return { clock, begun, sharing, sent, connect, ask, end };
}

describe("requests for pieces", () => {
  it("are answered four at a time, one on a connection", async () => {
    const { begun, connect, ask, end } = setUp();
    const wires = ["a", "b", "c", "d", "e"].map(connect);
    for (const [at, wire] of wires.entries()) {
      ask(wire, 2 * at);
      ask(wire, 2 * at + 1);
    }
    await turn();
    expect(begun).toEqual(["a:0", "b:2", "c:4", "d:6"]);
    await end("b:2");
    expect(begun.at(-1)).toBe("e:8");
  });

  it("for the piece given away least come first, then whose turn is longest ago", async () => {
    const { begun, connect, ask, end } = setUp();
    const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(connect) as [
      Wire,
      Wire,
      Wire,
      Wire,
      Wire,
    ];
    for (const wire of [a, b, c, d]) ask(wire, 0);
    ask(e, 0);
    ask(a, 0);
    ask(a, 1);
    await turn();
    await end("a:0");
    await end("a:1");
    expect(begun.slice(4)).toEqual(["a:1", "e:0"]);
  });

  it("do not wait for ever behind rarer ones", async () => {
    const { clock, begun, connect, ask, end } = setUp();
    const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(connect) as [
      Wire,
      Wire,
      Wire,
      Wire,
      Wire,
    ];
    for (const wire of [a, b, c, d]) ask(wire, 0);
    ask(e, 0);
    await turn();
    clock.advance(1_999);
    await end("a:0");
    expect(begun.at(-1)).toBe("e:0");
    ask(a, 0);
    await turn();
    for (const [at, wire] of [b, c, d].entries()) {
      await end(`${"bcd"[at]}:0`);
      ask(wire, 1 + at);
    }
    expect(begun).toContain("a:0");
  });

  it("whose reader is asleep hold up nobody else, and only their own connection", async () => {
    const { clock, begun, connect, ask } = setUp();
    const sleepers = ["a", "b", "c", "d"].map(connect);
    for (const wire of sleepers) {
      ask(wire, 0);
      ask(wire, 1);
    }
    const awake = connect("e");
    ask(awake, 0);
    await turn();
    expect(begun).not.toContain("e:0");
    clock.advance(2_000);
    await turn();
    expect(begun).toContain("e:0");
    expect(begun.filter((name) => name.startsWith("a"))).toEqual(["a:0"]);
  });

  it("that are cancelled before their turn are answered by failed, if anybody is there", async () => {
    const { clock, begun, sharing, sent, connect, ask, end } = setUp();
    const [a, b] = [connect("a"), connect("b")];
    ask(a, 0);
    const id = ask(a, 1);
    ask(b, 2);
    ask(b, 3);
    await turn();
    sharing.cancel(id, a);
    sharing.forget(b);
    await turn();
    expect(sent.filter(({ to }) => to === "a").map(({ text }) => JSON.parse(text))).toMatchObject([
      { type: "failed", id },
    ]);
    await end("a:0");
    await end("b:2");
    expect(begun).toEqual(["a:0", "b:2"]);
    expect(clock.waiting()).toBe(0);
  });
});

describe("who follows a blob", () => {
  it("is told of its pieces, some in one message, until it wants no more", async () => {
    const { clock, sharing, sent, connect } = setUp();
    const [a, b] = [connect("a"), connect("b")];
    await sharing.serve({ type: "get-have", id: 7, root: ROOT }, a);
    await sharing.serve({ type: "get-have", id: 8, root: "cd".repeat(32) }, b);
    sharing.tellHave(ROOT, [3]);
    sharing.tellHave(ROOT, [5]);
    expect(sent).toEqual([]);
    clock.advance(200);
    expect(sent).toEqual([{ to: "a", text: '{"type":"have","id":7,"indexes":[3,5]}' }]);
    sharing.tellHave(
      ROOT,
      Array.from({ length: MAX_HAVE + 1 }, (_, index) => index),
    );
    clock.advance(200);
    expect(sent.slice(1).map(({ text }) => JSON.parse(text).indexes.length)).toEqual([MAX_HAVE, 1]);
    sharing.cancel(7, a);
    sharing.forget(b);
    sharing.tellHave(ROOT, [9]);
    clock.advance(200);
    expect(sent.length).toBe(3);
    expect(clock.waiting()).toBe(0);
  });

  it("may follow four, and no more than four", async () => {
    const { clock, sharing, sent, connect } = setUp();
    const a = connect("a");
    const roots = [..."12345"].map((digit) => digit.repeat(64));
    for (const [id, root] of roots.entries())
      await sharing.serve({ type: "get-have", id, root }, a);
    for (const root of roots) sharing.tellHave(root, [0]);
    clock.advance(200);
    expect(sent.map(({ text }) => JSON.parse(text).id)).toEqual([1, 2, 3, 4]);
  });
});
