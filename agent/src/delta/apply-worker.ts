/** The applying thread: one job, then it ends, and with it goes all the memory the codec took. */
import { parentPort, workerData } from "node:worker_threads";
import { InfieldError } from "@infield/shared";
import { loadCodec } from "@infield/wasm/node";
import { runApply } from "./apply-core.ts";
import type { ApplyJob, ApplyReply } from "./apply-job.ts";

/** Bytes written between two reports of progress. */
const REPORT_BYTES = 256 * 1024;

const job: ApplyJob = workerData;
try {
  const codec = await loadCodec();
  let reported = 0;
  const manifest = runApply(codec, job, (doneBytes, totalBytes) => {
    if (doneBytes - reported < REPORT_BYTES && doneBytes < totalBytes) return;
    reported = doneBytes;
    send({ reply: "progress", doneBytes, totalBytes });
  });
  send({ reply: "done", manifest });
} catch (error) {
  send(failure(error));
}

function failure(error: unknown): ApplyReply {
  if (error instanceof InfieldError) {
    return { reply: "failed", code: error.code, message: error.message, hint: error.hint };
  }
  return {
    reply: "failed",
    message: error instanceof Error ? error.message : String(error),
    hint: "report this as a defect",
  };
}

function send(reply: ApplyReply): void {
  parentPort?.postMessage(reply);
}
