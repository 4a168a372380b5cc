/** shared's `DeltaEncoder` with one web worker a core. */
import type { DeltaEncoder } from "@infield/shared";
import { proxy, type Remote, transfer } from "comlink";
import type { EncoderApi } from "./encoder-worker.ts";
import { holdWorker, type WorkerHandle } from "./worker-handle.ts";
import { createWorkerPool } from "./worker-pool.ts";

/** An encoder whose workers start with the first group and end by themselves. */
export function createEncoder(parallel: number = navigator.hardwareConcurrency): DeltaEncoder {
  const pool = createWorkerPool(parallel, startEncoderWorker);
  return {
    parallel,
    // Both sides of a group were read for this call alone (createDelta), so they move to the worker uncopied.
    encodeGroup: (base, target, onProgress, signal) =>
      pool.run(signal, (api) => api.encodeGroup(movable(base), movable(target), proxy(onProgress))),
    encodeHead: (head, signal) => pool.run(signal, (api) => api.encodeHead(head)),
    crc32: (chunks) => pool.run(undefined, (api) => api.crc32(chunks)),
  };
}

function startEncoderWorker(): WorkerHandle<Remote<EncoderApi>> {
  return holdWorker<EncoderApi>(
    new Worker(new URL("./encoder-worker.ts", import.meta.url), { type: "module", name: "encoder" }),
  );
}

/** Only bytes that are all of their buffer may move: a view of something larger would take its neighbours along. */
function movable(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? transfer(bytes, [bytes.buffer]) : bytes;
}
