/** A `DeltaEncoder` with as many web workers as there are cores and memory for. */
import { countWorkers, type DeltaEncoder, type GroupSide } from "@infield/shared/delta";
import { blobSource } from "@infield/shared/tree";
import { proxy, type Remote, transfer } from "comlink";
import { type WorkerHandle, wrapWorker } from "../workers/worker-handle.ts";
import { createWorkerPool } from "../workers/worker-pool.ts";
import type { EncoderApi } from "./encoder-worker.ts";

/** Memory assumed when the browser does not say: common where updates are prepared. */
const TYPICAL_MEMORY_GIB = 4;

/** An encoder whose workers start with the first group and stop by themselves. */
export function createEncoder(): DeltaEncoder {
  // Only Chromium says, only on secure pages, and never more than 8 GiB (Device Memory API).
  const { deviceMemory = TYPICAL_MEMORY_GIB } = navigator as Navigator & {
    readonly deviceMemory?: number;
  };
  const parallel = countWorkers(navigator.hardwareConcurrency, deviceMemory * 1024 ** 3);
  const pool = createWorkerPool(parallel, startEncoderWorker);
  return {
    parallel,
    async encodeGroup(base, target, level, onProgress, signal) {
      const { record, ...needs } = await pool.run(signal, (api) =>
        api.encodeGroup(transferSide(base), transferSide(target), level, proxy(onProgress)),
      );
      return { record: blobSource(record), ...needs };
    },
    encodeHeader: (header, signal) => pool.run(signal, (api) => api.encodeHeader(header)),
  };
}

function startEncoderWorker(): WorkerHandle<Remote<EncoderApi>> {
  return wrapWorker<EncoderApi>(
    new Worker(new URL("./encoder-worker.ts", import.meta.url), {
      type: "module",
      name: "encoder",
    }),
  );
}

/** Its bytes move to the worker without a copy. */
function transferSide(side: GroupSide): GroupSide {
  return transfer(side, [side.bytes.buffer]);
}
