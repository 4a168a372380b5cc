/** A worker thread with a codec of its own: codes what the pool sends, one job after another. */
import { constants, setPriority } from "node:os";
import { MessageChannel, parentPort, workerData } from "node:worker_threads";
import type { Codec } from "@infield/wasm/codec";
import { loadCodec } from "@infield/wasm/node";
import type { EncoderJob, EncoderReply } from "./encoder-protocol.ts";

/** Steps of progress worth a message. */
const PROGRESS_STEP = 0.005;

if (workerData.background) {
  try {
    // Of this thread alone: a thread is what Linux schedules. Where the system refuses, it goes on
    // at the priority it has.
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {}
}

const codec = loadCodec();
parentPort?.on("message", (job: EncoderJob) => {
  void codec.then((loaded) => runJob(loaded, job)).catch(sendFailure);
});

function runJob(loaded: Codec, job: EncoderJob): void {
  if (job.job === "header") {
    const header = loaded.encodeHeader(job.header);
    send({ reply: "header", header }, [header.bytes.buffer]);
    return;
  }
  let sent = 0;
  const { record, ...needs } = loaded.encodeGroup(job.base, job.target, job.level, (fraction) => {
    if (fraction - sent < PROGRESS_STEP) return;
    sent = fraction;
    send({ reply: "progress", fraction });
  });
  for (const side of [job.base, job.target]) letGo(side.bytes.buffer);
  send({ reply: "group", record, ...needs }, [record.buffer]);
}

/**
 * Frees a buffer now: this thread makes so little garbage that nobody would collect it, and the
 * groups of a large tree are gigabytes.
 */
function letGo(buffer: ArrayBufferLike): void {
  const { port1 } = new MessageChannel();
  port1.postMessage(undefined, [buffer as ArrayBuffer]);
  port1.close();
}

function sendFailure(error: unknown): void {
  send({ reply: "failed", message: error instanceof Error ? error.message : String(error) });
}

function send(reply: EncoderReply, transfer: ArrayBufferLike[] = []): void {
  parentPort?.postMessage(reply, transfer as ArrayBuffer[]);
}
