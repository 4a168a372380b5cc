/**
 * Applying a delta file to a folder, in a worker thread whose memory goes back to the system when
 * it ends.
 */
import { mkdir } from "node:fs/promises";
import { InfieldError } from "@infield/shared/base";
import { removeTree } from "../../host/durable.ts";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { startWorker, YOUNG_MIB } from "../start-worker.ts";
import { threadFailed, toError } from "../thread-failure.ts";
import type { ApplyJob, ApplyReply, WrittenTree } from "./apply-job.ts";

export interface ApplyOptions {
  /** Path of the delta file. */
  readonly delta: string;
  /**
   * The base: a folder with the files of `manifest`, canonical bytes; the folder is not touched
   * when it lists no files.
   */
  readonly base: { readonly folder: string; readonly manifest: Uint8Array };
  /** The output folder; must not exist, its parent must. */
  readonly out: string;
  /**
   * `link`: unchanged files may be hard links to the base's (the store). `copy`: they never are.
   */
  readonly share: "link" | "copy";
  /**
   * May give files foreign owners (when root) and setuid bits; else a tree that has them throws
   * `needs-system`.
   */
  readonly system: boolean;
  /** Bytes the decoder may use. */
  readonly memoryBytes: number;
  onProgress?(doneBytes: number, totalBytes: number): void;
  /**
   * Makes durable what was written, where that is asked for. Then everything is also read back and
   * compared with the manifest, but for the bytes of links, which were hashed before: at the same
   * time, as the one waits for the disk and the other for the processor.
   */
  onWritten?(tree: WrittenTree): Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds `out`: the tree that the delta promises, whose manifest is the result, as canonical bytes.
 * On any error `out` is gone again. Throws `already-exists`, `wrong-base`, `needs-system`,
 * `no-space`, `case-twins`, `delta-damaged`, `delta-too-new`, `delta-memory`, `wrong-result`,
 * `io-failed`, AbortError; where it is read back, also `snapshot-damaged`.
 */
export async function applyDelta(options: ApplyOptions): Promise<Uint8Array> {
  options.signal?.throwIfAborted();
  await makeOutput(options.out);
  try {
    return await runWorker(options);
  } catch (error) {
    await removeTree(options.out);
    throw error;
  }
}

async function makeOutput(out: string): Promise<void> {
  try {
    await mkdir(out, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw toIoError(error, `make ${JSON.stringify(out)}`);
    throw new InfieldError(
      "already-exists",
      `${JSON.stringify(out)} is there already`,
      "choose another name, or remove it first",
    );
  }
}

/**
 * Resolves once the thread has ended, and `onWritten`: only then has nothing of them a file open,
 * and only then is the thread's memory free.
 */
async function runWorker(options: ApplyOptions): Promise<Uint8Array> {
  const worker = startWorker(import.meta.url, "apply-worker", {
    workerData: jobOf(options),
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const { signal } = options;
  let abort = () => {};
  let manifest: Uint8Array = new Uint8Array();
  let durable: Promise<void> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(signal?.reason);
      signal?.addEventListener("abort", abort);
      worker.on("message", (reply: ApplyReply) => {
        if (reply.reply === "progress") options.onProgress?.(reply.doneBytes, reply.totalBytes);
        else if (reply.reply === "done") resolve();
        else if (reply.reply === "failed") reject(toError(reply));
        else {
          manifest = reply.manifest;
          durable = options.onWritten?.(reply);
          durable?.catch(reject);
        }
      });
      worker.once("error", reject);
      worker.once("exit", () => reject(threadFailed("it ended early")));
    });
    await durable;
    return manifest;
  } finally {
    signal?.removeEventListener("abort", abort);
    await worker.terminate();
    await Promise.allSettled([ended, durable]);
  }
}

function jobOf(options: ApplyOptions): ApplyJob {
  const { delta, base, out, share, system, memoryBytes } = options;
  return {
    ...{ delta, out, share, system, memoryBytes },
    ...{
      baseFolder: base.folder,
      baseManifest: base.manifest,
      readBack: options.onWritten !== undefined,
    },
  };
}
