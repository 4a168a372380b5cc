/**
 * The helper of the applying thread: hashes files of the base until it is told which of them stay,
 * then shares these until none is left, and ends.
 */
import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { describeFailure } from "../thread-failure.ts";
import {
  type HelperStart,
  type ShareJob,
  type ShareReply,
  shareFiles,
  sharerFor,
} from "./share-unchanged.ts";

const { place, baseFiles }: HelperStart = workerData;
const sharer = sharerFor(place);
let isTold = false;
const told = new Promise<ShareJob>((resolve) =>
  parentPort?.once("message", (job: ShareJob) => {
    isTold = true;
    resolve(job);
  }),
);
// A copy reads its file in any case.
for (const entry of place.mayLink ? baseFiles : []) {
  // Lets a message come in.
  await setImmediate();
  if (isTold) break;
  sharer.hashAhead({ path: `${place.baseFolder}/${entry.path}`, entry });
}
parentPort?.postMessage(share(await told));

function share(job: ShareJob): ShareReply {
  try {
    return { reply: "done", linked: shareFiles(sharer, place, job, "first") };
  } catch (error) {
    return describeFailure(error);
  }
}
