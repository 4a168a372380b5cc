/** A helper of the applying thread: decodes and writes carried files until none is left to take. */
import { closeSync, fstatSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { filesOf, parseManifest } from "@infield/shared/tree";
import { loadCodec } from "@infield/wasm/node";
import { toDeltaError } from "../codec-failure.ts";
import { describeFailure } from "../thread-failure.ts";
import { BaseReader, openForRead } from "./base-reader.ts";
import { writeUnits } from "./carried-files.ts";
import type { DecodeReply, DecodeStart } from "./decode-helpers.ts";
import { deltaReader, GroupStream } from "./group-stream.ts";
import { TreeWriter } from "./tree-writer.ts";

const start: DecodeStart = workerData;
parentPort?.postMessage(await decode(start));

async function decode({ job, carried }: DecodeStart): Promise<DecodeReply> {
  const base = new BaseReader(job.baseFolder, filesOf(parseManifest(job.baseManifest)));
  try {
    const codec = await loadCodec();
    const fd = openForRead(job.delta);
    const { size } = fstatSync(fd);
    const delta = codec.openDelta(deltaReader(fd), size, job.baseManifest, job.memoryBytes);
    const stream = new GroupStream(delta, base);
    const hashes = writeUnits(carried, stream, new TreeWriter(job.out));
    stream.close();
    closeSync(fd);
    return { reply: "done", hashes };
  } catch (error) {
    return describeFailure(toDeltaError(error));
  } finally {
    base.close();
  }
}
