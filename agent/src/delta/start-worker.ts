/**
 * Starts a worker thread of the agent. In the bundle a worker is a file beside the main one
 * (build.mjs names it so). Run from source, as the tests do, Node 20 needs a loader for TypeScript,
 * which has to be registered in the new thread itself.
 */
import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * MiB of short-lived objects before V8 looks which can go. Its own choice makes a tree of 5,000
 * entries cost 15 MiB more.
 */
export const YOUNG_MIB = 4;

/** `starter`: the `import.meta.url` of whoever starts it, which lies beside the worker's source. */
export function startWorker(
  starter: string,
  name: string,
  options: Pick<WorkerOptions, "workerData" | "resourceLimits"> = {},
): Worker {
  if (!starter.endsWith(".ts")) return new Worker(new URL(`./${name}.js`, starter), options);
  const file = new URL(`./${name}.ts`, starter).href;
  const start = `import("tsx/esm/api").then((tsx) => { tsx.register(); return import(${JSON.stringify(file)}); });`;
  return new Worker(start, { ...options, eval: true });
}
