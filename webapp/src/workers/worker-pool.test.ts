import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WorkerHandle } from "./worker-handle.ts";
import { createWorkerPool, IDLE_MS } from "./worker-pool.ts";

/** A worker whose calls end when the test says so. */
interface FakeApi {
  work(name: string): Promise<string>;
}
interface Call {
  readonly worker: number;
  readonly name: string;
  end(): void;
  fail(error: Error): void;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function createFakes() {
  const calls: Call[] = [];
  const stopped: number[] = [];
  const breakers: AbortController[] = [];
  let started = 0;
  const start = (): WorkerHandle<FakeApi> => {
    const worker = started++;
    const breaker = new AbortController();
    breakers.push(breaker);
    const work = (name: string) =>
      new Promise<string>((resolve, reject) => {
        calls.push({ worker, name, end: () => resolve(`${name} done`), fail: reject });
      });
    return { api: { work }, failure: breaker.signal, stop: () => void stopped.push(worker) };
  };
  return { start, calls, stopped, breakers, count: () => started };
}

const flush = () => vi.advanceTimersByTimeAsync(0);

test("jobs wait in one queue for a fixed number of workers, which are reused", async () => {
  const fakes = createFakes();
  const pool = createWorkerPool(2, fakes.start);
  const jobs = ["a", "b", "c"].map((name) => pool.run(undefined, (api) => api.work(name)));
  await flush();
  expect(fakes.calls.map((call) => call.name)).toEqual(["a", "b"]);
  fakes.calls[1]?.end();
  await flush();
  expect(fakes.calls.map(({ name, worker }) => [name, worker])).toEqual([
    ["a", 0],
    ["b", 1],
    ["c", 1],
  ]);
  fakes.calls[0]?.end();
  fakes.calls[2]?.end();
  expect(await Promise.all(jobs)).toEqual(["a done", "b done", "c done"]);
  expect(fakes.count()).toBe(2);
});

test("an abort stops the worker at once and frees its slot", async () => {
  const fakes = createFakes();
  const pool = createWorkerPool(1, fakes.start);
  const abort = new AbortController();
  const first = pool.run(abort.signal, (api) => api.work("a"));
  const second = pool.run(undefined, (api) => api.work("b"));
  await flush();
  abort.abort();
  await expect(first).rejects.toMatchObject({ name: "AbortError" });
  expect(fakes.stopped).toEqual([0]);
  await flush();
  fakes.calls[1]?.end();
  expect(await second).toBe("b done");
  expect(fakes.calls[1]?.worker).toBe(1);
});

test("a job aborted in the queue never reaches a worker", async () => {
  const fakes = createFakes();
  const pool = createWorkerPool(1, fakes.start);
  const abort = new AbortController();
  const first = pool.run(undefined, (api) => api.work("a"));
  const second = pool.run(abort.signal, (api) => api.work("b"));
  const third = pool.run(undefined, (api) => api.work("c"));
  abort.abort();
  await expect(second).rejects.toMatchObject({ name: "AbortError" });
  await flush();
  fakes.calls[0]?.end();
  await first;
  await flush();
  fakes.calls[1]?.end();
  await third;
  expect(fakes.calls.map((call) => call.name)).toEqual(["a", "c"]);
  expect(fakes.stopped).toEqual([]);
});

test("an idle worker is closed after a while, a busy one is not", async () => {
  const fakes = createFakes();
  const pool = createWorkerPool(1, fakes.start);
  const first = pool.run(undefined, (api) => api.work("a"));
  await flush();
  fakes.calls[0]?.end();
  await first;
  await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
  const second = pool.run(undefined, (api) => api.work("b"));
  await vi.advanceTimersByTimeAsync(IDLE_MS * 2);
  expect(fakes.stopped).toEqual([]);
  fakes.calls[1]?.end();
  await second;
  await vi.advanceTimersByTimeAsync(IDLE_MS);
  expect(fakes.stopped).toEqual([0]);
});

test("a worker that failed, in a call or outside one, is not used again", async () => {
  const fakes = createFakes();
  const pool = createWorkerPool(1, fakes.start);
  const failing = pool.run(undefined, (api) => api.work("a"));
  await flush();
  fakes.calls[0]?.fail(new Error("unreachable"));
  await expect(failing).rejects.toThrow("unreachable");
  const breaking = pool.run(undefined, (api) => api.work("b"));
  await flush();
  fakes.breakers[1]?.abort(new Error("out of memory"));
  await expect(breaking).rejects.toThrow("out of memory");
  expect(fakes.stopped).toEqual([0, 1]);
});
