/** The applying thread: one job, then it ends, and with it goes all the memory the codec took. */
import { parentPort, workerData } from "node:worker_threads";
import { InfieldError } from "@infield/shared";
import { loadCodec } from "@infield/wasm/node";
import { runApply } from "./apply-core.ts";
import type { ApplyJob, ApplyReply } from "./apply-job.ts";

/** Milliseconds between two reports of progress: often enough for an eye, and no work to speak of for the agent. */
const REPORT_MS = 100;

const job: ApplyJob = workerData;
try {
  const codec = await loadCodec();
  let reportedAt = 0;
  const applied = runApply(codec, job, (doneBytes, totalBytes) => {
    if (performance.now() - reportedAt < REPORT_MS && doneBytes < totalBytes) return;
    reportedAt = performance.now();
    send({ reply: "progress", doneBytes, totalBytes });
  });
  send({ reply: "done", ...applied });
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
