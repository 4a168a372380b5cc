/**
 * Opens a tree in a worker of its own: the page stays responsive while gigabytes are hashed, and
 * cancelling just stops the worker.
 */

import { InfieldError } from "@infield/shared/base";
import type { ByteSource, InputTree, TreeProgress } from "@infield/shared/tree";
import { filesOf } from "@infield/shared/tree";
import { proxy, type Remote } from "comlink";
import { awaitCall, type WorkerHandle, wrapWorker } from "../workers/worker-handle.ts";
import type { TreeInput } from "./tree-input.ts";
import type { TreeApi } from "./tree-worker.ts";

/**
 * Opens what was chosen; `close` stops the tree's worker. Throws AbortError and what reading
 * throws.
 */
export async function openTree(
  signal: AbortSignal,
  input: TreeInput,
  onProgress: (progress: TreeProgress) => void,
): Promise<InputTree> {
  const worker = wrapWorker<TreeApi>(
    new Worker(new URL("./tree-worker.ts", import.meta.url), { type: "module", name: "tree" }),
  );
  try {
    const { manifest, report } = await awaitCall(
      signal,
      worker,
      worker.api.open(input, proxy(onProgress)),
    );
    const sizes = new Map(filesOf(manifest).map((file) => [file.path, file.size]));
    return {
      manifest,
      report,
      open: (path) => remoteSource(worker, path, sizes.get(path)),
      close: async () => worker.stop(),
    };
  } catch (error) {
    worker.stop();
    throw error;
  }
}

function remoteSource(
  worker: WorkerHandle<Remote<TreeApi>>,
  path: string,
  size: number | undefined,
): ByteSource {
  if (size === undefined) {
    throw new InfieldError("internal", `no file ${path} in the tree`, "report this as a defect");
  }
  return {
    size,
    read: (offset, length) => awaitCall(undefined, worker, worker.api.read(path, offset, length)),
  };
}
