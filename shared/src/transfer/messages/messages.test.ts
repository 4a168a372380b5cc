import { describe, expect, it } from "vitest";
import { MAX_HOST_CHARS } from "../../announce/peer-address.ts";
import {
  MAX_LAPTOPS,
  MAX_MESSAGE_BYTES,
  MAX_RECORD_BYTES,
  MAX_SHOWN_ADDRESSES,
  MAX_TREE_BYTES,
  MAX_TYPED_PEERS,
  MAX_VERSION,
} from "../../base/limits.ts";
import { type AgentMessage, AgentMessageSchema } from "./page-messages.ts";
import type { Report } from "./report.ts";
import { AnswerSchema } from "./requests.ts";
import { parseMessage } from "./wire.ts";

/** A character that JSON makes six of: no other takes more. */
const text = (chars: number) => "\u0001".repeat(chars);
const ID = "f".repeat(16);
/** Digits that JSON writes in full. */
const AMOUNT = 2 * MAX_TREE_BYTES - 1 / 3;

const largest = {
  ...{
    id: ID,
    name: text(80),
    version: MAX_VERSION,
    previous: MAX_VERSION,
    state: "fetching",
    target: MAX_VERSION,
  },
  progress: { done: AMOUNT, total: AMOUNT, rate: AMOUNT, remainingMs: Number.MAX_SAFE_INTEGER },
  problem: { code: text(40), message: text(1000), hint: text(1000) },
  teachers: Array.from({ length: 16 }, () => ID),
} as const satisfies Report;

const host = text(MAX_HOST_CHARS);
const reach = {
  port: 65_535,
  addresses: Array.from({ length: MAX_SHOWN_ADDRESSES }, () => ({ interface: text(64), host })),
  peers: Array.from({ length: MAX_TYPED_PEERS }, () => ({ host, port: 65_535, connected: false })),
};
const classroomOf = (report: object) => ({
  type: "classroom",
  self: largest,
  reach,
  laptops: [{ ...report, unseenMs: 0, obeys: true }],
});
const parse = (message: unknown) => parseMessage(AgentMessageSchema, JSON.stringify(message));

describe("messages", () => {
  it("of the classroom fit, with all laptops saying as much as they may", () => {
    expect(parse(classroomOf(largest))).toMatchObject({ type: "classroom" });
    const laptops = Array.from({ length: MAX_LAPTOPS }, () => ({
      ...largest,
      unseenMs: 1e15,
      obeys: false,
    }));
    const channel = { id: "f".repeat(64), name: text(80) };
    const classroom: AgentMessage = { type: "classroom", channel, self: largest, reach, laptops };
    // And what is shown of the newest release, which came in a record of this size.
    expect(JSON.stringify(classroom).length + MAX_RECORD_BYTES).toBeLessThan(MAX_MESSAGE_BYTES);
  });

  it.each<[string, object]>([
    ["name", { name: text(81) }],
    ["problem.code", { problem: { ...largest.problem, code: text(41) } }],
    ["problem.message", { problem: { ...largest.problem, message: text(1001) } }],
    ["problem.hint", { problem: { ...largest.problem, hint: text(1001) } }],
    ["progress.done", { progress: { ...largest.progress, done: -1 } }],
    ["progress.total", { progress: { ...largest.progress, total: 2 * MAX_TREE_BYTES + 1 } }],
    ["progress.rate", { progress: { ...largest.progress, rate: 1e300 } }],
    ["progress.remainingMs", { progress: { ...largest.progress, remainingMs: -1 } }],
    ["teachers", { teachers: [...largest.teachers, ID] }],
  ])("bound %s of a report", (field, change) => {
    expect(() => parse(classroomOf({ ...largest, ...change }))).toThrow(field);
  });

  it("bound the code of a failure", () => {
    const failed = { type: "failed", id: 1, code: text(41), message: "m", hint: "h" };
    expect(() => parseMessage(AnswerSchema, JSON.stringify(failed))).toThrow("code");
  });
});

it("fields of a newer version are ignored, at any depth", () => {
  const progress = { done: 1, total: 2 };
  const newer = { type: "progress", id: 1, progress: { ...progress, later: 3 }, later: [4] };
  expect(parse(newer)).toEqual({ type: "progress", id: 1, progress });
});
