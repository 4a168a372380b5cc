import { InfieldError } from "@infield/shared/base";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { toSentence } from "./texts.ts";
import { type Job, type ReportProgress, runJob, type WorkState } from "./work.ts";

/** The listeners that ask before the page is closed. */
const guards = new Set<unknown>();

beforeEach(() => {
  vi.stubGlobal("addEventListener", (_: string, listener: unknown) => guards.add(listener));
  vi.stubGlobal("removeEventListener", (_: string, listener: unknown) => guards.delete(listener));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

async function run(job: Job, signal = new AbortController().signal): Promise<WorkState[]> {
  const states: WorkState[] = [];
  let clock = 0;
  await runJob(
    job,
    signal,
    (state) => void states.push(state),
    () => (clock += 1000),
  );
  return states;
}

test("leaving is guarded while work runs and not a moment longer, even if it fails", async () => {
  let during = 0;
  await run(async () => {
    during = guards.size;
    throw new Error("broken");
  });
  expect(during).toBe(1);
  expect(guards.size).toBe(0);
});

test("progress gains a rate, and a new step starts again", async () => {
  const states = await run(async (_, report) => {
    report(10, 100, "first");
    report(30, 100, "first");
    report(5, 50, "second");
  });
  expect(states.at(2)).toMatchObject({
    running: true,
    step: "first",
    progress: { done: 30, remainingMs: expect.any(Number) },
  });
  expect(states.at(3)).toMatchObject({ step: "second", progress: { done: 5, total: 50 } });
  expect(states.at(-1)).toEqual({ running: false });
});

test("a cancelled job has not failed; any other error says what to do", async () => {
  const signal = AbortSignal.abort();
  expect((await run(async () => signal.throwIfAborted(), signal)).at(-1)).toEqual({
    running: false,
  });
  const known = new InfieldError("no-space", "no room", "make some");
  expect((await run(() => Promise.reject(known))).at(-1)?.error).toBe(known);
  expect((await run(() => Promise.reject(new TypeError("x")))).at(-1)?.error?.code).toBe(
    "internal",
  );
});

test("a report that arrives after the end is not shown", async () => {
  let late: ReportProgress = () => {};
  const keep: Job = async (signal, report) => {
    late = report;
    signal.throwIfAborted();
  };
  for (const signal of [new AbortController().signal, AbortSignal.abort()]) {
    const states = await run(keep, signal);
    late(50, 100, "late");
    expect(states.at(-1)).toEqual({ running: false });
  }
});

test("messages become sentences", () => {
  expect(toSentence("the disk is full")).toBe("The disk is full.");
  expect(toSentence("is it?")).toBe("Is it?");
});
