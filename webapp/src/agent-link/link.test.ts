import type { Classroom, Request, Wire } from "@infield/shared/transfer";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLink, type Socket } from "./link.ts";

const CLASSROOM: Classroom = {
  type: "classroom",
  self: { id: "00000000000000aa", name: "desk", version: 3, state: "resting", teachers: [] },
  laptops: [],
  reach: { port: 7461, addresses: [], peers: [] },
};

class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly sent: unknown[] = [];
  closed = false;
  send(frame: unknown) {
    this.sent.push(typeof frame === "string" ? JSON.parse(frame) : frame);
  }
  close() {
    if (this.closed) return;
    this.closed = true;
    this.fire("onclose", new Event("close"));
  }
  open() {
    this.fire("onopen", new Event("open"));
  }
  say(message: unknown) {
    this.fire("onmessage", new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  private fire(name: "onopen" | "onmessage" | "onclose", event: Event) {
    // A WebSocket calls its handlers with itself as `this`; the link uses none of it.
    const handler: unknown = this[name];
    if (typeof handler === "function") handler(event);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(token: string | undefined = "t") {
  const sockets: FakeSocket[] = [];
  const link = createLink(token, () => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  });
  const last = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error("nothing was opened");
    return socket;
  };
  const connect = () => {
    last().open();
    last().say(CLASSROOM);
  };
  return { link, sockets, last, connect };
}

test("it says hello with its token first, and shows the classroom it is sent", () => {
  const { link, last, connect } = start("secret");
  const seen: string[] = [];
  link.subscribe(() => seen.push(link.state().status));
  expect(link.state()).toEqual({ status: "connecting" });
  connect();
  expect(last().sent).toEqual([{ type: "hello", protocol: 1, token: "secret" }]);
  expect(link.state()).toEqual({ status: "open", classroom: CLASSROOM });
  expect(seen).toEqual(["open"]);
});

test("a lost link reconnects, later each time, and keeps showing the last classroom", async () => {
  const { link, sockets, last, connect } = start();
  connect();
  const waits = [1_000, 2_000, 4_000, 8_000, 15_000, 15_000];
  for (const [tries, wait] of waits.entries()) {
    last().close();
    expect(link.state()).toEqual({ status: "lost", classroom: CLASSROOM });
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(sockets.length).toBe(tries + 1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets.length).toBe(tries + 2);
  }
  connect();
  last().close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sockets.length).toBe(waits.length + 2);
});

test("a person can make it try now, and it does not try twice", async () => {
  const { link, sockets, last, connect } = start();
  connect();
  last().close();
  link.retry();
  link.retry();
  expect(sockets.length).toBe(2);
  connect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets.length).toBe(2);
});

test("a token that the agent refuses ends the attempts", async () => {
  const { link, sockets, last } = start();
  last().open();
  last().say({
    type: "failed",
    id: 0,
    code: "not-allowed",
    message: "wrong token",
    hint: "use the address",
  });
  expect(link.state()).toEqual({ status: "refused" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets.length).toBe(1);
});

test("without a token nothing is opened, and requests fail with a clear error", async () => {
  const sockets: Socket[] = [];
  const link = createLink(undefined, () => {
    throw sockets;
  });
  expect(link.state()).toEqual({ status: "no-token" });
  await expect(link.ask({ type: "update-classroom" })).rejects.toMatchObject({
    code: "peer-failed",
  });
});

test("requests end with success, with the agent's error, or with the link", async () => {
  const { link, last, connect } = start();
  connect();
  const done = link.ask({ type: "update-classroom" });
  const failed = link.ask({ type: "roll-back", laptop: "00000000000000aa" });
  const lost = link.ask({ type: "look" });
  expect(last().sent.slice(1)).toEqual([
    { type: "update-classroom", id: 1 },
    { type: "roll-back", laptop: "00000000000000aa", id: 2 },
    { type: "look", id: 3 },
  ]);
  last().say({
    type: "failed",
    id: 2,
    code: "nothing-to-roll-back",
    message: "no earlier version",
    hint: "wait",
  });
  last().say({ type: "done", id: 1 });
  await done;
  await expect(failed).rejects.toMatchObject({ code: "nothing-to-roll-back", hint: "wait" });
  last().close();
  await expect(lost).rejects.toMatchObject({ code: "peer-failed" });
});

test("a message outside the protocol ends the connection", () => {
  const { last, connect } = start();
  connect();
  last().say({ type: "surprise" });
  expect(last().closed).toBe(true);
});

test("the agent's questions are answered only while a release is handed over", async () => {
  const { link, last, connect } = start();
  connect();
  const asked: Request[] = [];
  const serve = async (request: Request, wire: Wire) => {
    asked.push(request);
    await wire.send(new Uint8Array([0, 0, 0, 9, 1]));
  };
  const question = { type: "get-piece", id: 9, root: "a".repeat(64), index: 0 };
  last().say(question);
  expect(last().sent.at(-1)).toMatchObject({ type: "failed", id: 9, code: "unknown-release" });

  const progress: number[] = [];
  const offer = link.ask(
    { type: "offer", channel: "{}", release: "{}" },
    { serve, onProgress: ({ done }) => progress.push(done) },
  );
  last().say(question);
  last().say({ type: "progress", id: 1, progress: { done: 5, total: 10 } });
  expect(asked).toEqual([question]);
  expect(last().sent.at(-1)).toEqual(new Uint8Array([0, 0, 0, 9, 1]));
  expect(progress).toEqual([5]);
  last().say({ type: "done", id: 1 });
  await offer;
  last().say(question);
  expect(asked.length).toBe(1);
});

test("a second hand-over waits for the first: each is asked for its own bytes", async () => {
  const { link, last, connect } = start();
  connect();
  const asked: string[] = [];
  const hand = (name: string) =>
    link.ask(
      { type: "offer", channel: "{}", release: "{}" },
      { serve: async () => void asked.push(name) },
    );
  const [first, second] = [hand("first"), hand("second")];
  const question = { type: "get-piece", id: 9, root: "a".repeat(64), index: 0 };
  expect(
    last().sent.filter((message) => (message as { type: string }).type === "offer"),
  ).toHaveLength(1);
  last().say(question);
  last().say({ type: "done", id: 1 });
  await first;
  await vi.advanceTimersByTimeAsync(0);
  last().say(question);
  last().say({ type: "done", id: 2 });
  await second;
  expect(asked).toEqual(["first", "second"]);
});

test("a cancelled hand-over stops answering", async () => {
  const { link, last, connect } = start();
  connect();
  const abort = new AbortController();
  const offer = link.ask(
    { type: "offer", channel: "{}", release: "{}" },
    { signal: abort.signal, serve: async () => {} },
  );
  abort.abort();
  await expect(offer).rejects.toMatchObject({ name: "AbortError" });
  last().say({ type: "get-piece", id: 9, root: "a".repeat(64), index: 0 });
  expect(last().sent.at(-1)).toMatchObject({ type: "failed", id: 9 });
});
