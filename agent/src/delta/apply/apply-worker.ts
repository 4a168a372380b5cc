/** The applying thread: one job, then it ends, and with it goes all the memory the codec took. */
import { parentPort, workerData } from "node:worker_threads";
import { loadCodec } from "@infield/wasm/node";
import { describeFailure } from "../thread-failure.ts";
import { runApply } from "./apply-core.ts";
import type { ApplyJob, ApplyReply } from "./apply-job.ts";

/**
 * Milliseconds between two reports of progress: often enough for an eye, and no work to speak of
 * for the agent.
 */
const REPORT_MS = 100;

const job: ApplyJob = workerData;
try {
  const codec = await loadCodec();
  let reportedAt = 0;
  await runApply(codec, job, {
    onProgress(doneBytes, totalBytes) {
      if (performance.now() - reportedAt < REPORT_MS && doneBytes < totalBytes) return;
      reportedAt = performance.now();
      send({ reply: "progress", doneBytes, totalBytes });
    },
    onWritten: (tree) => send({ reply: "written", ...tree }),
  });
  send({ reply: "done" });
} catch (error) {
  send(describeFailure(error));
}

function send(reply: ApplyReply): void {
  parentPort?.postMessage(reply);
}
