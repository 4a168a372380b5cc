/** A worker thread with a codec of its own: codes what the pool sends, one job after another. */
import { constants, setPriority } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
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

/**
 * This thread makes so little garbage of its own that V8 would never collect the sides it was sent,
 * which are gigabytes for a large tree.
 */
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const codec = loadCodec();
parentPort?.on("message", (job: EncoderJob) => {
  void codec
    .then((loaded) => runJob(loaded, job))
    .catch(sendFailure)
    .then(() => setImmediate(collect));
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
  send({ reply: "group", record, ...needs }, [record.buffer]);
}

function sendFailure(error: unknown): void {
  send({ reply: "failed", message: error instanceof Error ? error.message : String(error) });
}

function send(reply: EncoderReply, transfer: ArrayBufferLike[] = []): void {
  parentPort?.postMessage(reply, transfer as ArrayBuffer[]);
}
