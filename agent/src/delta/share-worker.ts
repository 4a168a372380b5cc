/** The helper of the applying thread: shares files that did not change until none is left, then it ends. */
import { parentPort, workerData } from "node:worker_threads";
import { type ShareReply, shareFiles } from "./share-unchanged.ts";
import { describeFailure } from "./thread-failure.ts";

parentPort?.postMessage(run());

function run(): ShareReply {
  try {
    return { reply: "done", linked: shareFiles(workerData, () => {}) };
  } catch (error) {
    return describeFailure(error);
  }
}
