/** shared's `DeltaEncoder` with one web worker a core. */
import { blobSource, type DeltaEncoder, type GroupSide } from "@infield/shared";
import { proxy, type Remote, transfer } from "comlink";
import type { EncoderApi } from "./encoder-worker.ts";
import { holdWorker, type WorkerHandle } from "./worker-handle.ts";
import { createWorkerPool } from "./worker-pool.ts";

/** An encoder whose workers start with the first group and end by themselves. */
export function createEncoder(parallel: number = navigator.hardwareConcurrency): DeltaEncoder {
  const pool = createWorkerPool(parallel, startEncoderWorker);
  return {
    parallel,
    async encodeGroup(base, target, level, onProgress, signal) {
      const { record, memoryBytes } = await pool.run(signal, (api) =>
        api.encodeGroup(movable(base), movable(target), level, proxy(onProgress)),
      );
      return { record: blobSource(record), memoryBytes };
    },
    encodeHead: (head, signal) => pool.run(signal, (api) => api.encodeHead(head)),
  };
}

function startEncoderWorker(): WorkerHandle<Remote<EncoderApi>> {
  return holdWorker<EncoderApi>(
    new Worker(new URL("./encoder-worker.ts", import.meta.url), { type: "module", name: "encoder" }),
  );
}

/** Moves to the worker uncopied. */
function movable(side: GroupSide): GroupSide {
  return transfer(side, [side.bytes.buffer]);
}
