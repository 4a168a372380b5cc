/**
 * ROOT/waiting.json: a release that is there and is not taken yet, why, and for how long: for
 * people, and for the next start.
 */
import { readFile, rm } from "node:fs/promises";
import { InfieldError, MAX_VERSION } from "@infield/shared/base";
import { parseRecord } from "@infield/shared/records";
import { WaitsForSchema } from "@infield/shared/transfer";
import * as v from "valibot";
import { replaceFile } from "../host/durable.ts";
import { errorCode } from "../host/file-source.ts";
import { toIoError } from "../host/io-error.ts";
import { layoutOf } from "../store/root/layout.ts";

const WaitingSchema = v.strictObject({
  version: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_VERSION)),
  waitsFor: WaitsForSchema,
  /** Waited in all, while an agent ran. */
  minutes: v.pipe(v.number(), v.finite(), v.minValue(0)),
});
export type Waiting = v.InferOutput<typeof WaitingSchema>;
export type WaitsFor = Waiting["waitsFor"];

/**
 * Undefined when nothing waits, or it cannot be read: then it is counted anew. Throws `io-failed`.
 */
export async function readWaiting(root: string): Promise<Waiting | undefined> {
  const path = layoutOf(root).waitingFile;
  try {
    return parseRecord(WaitingSchema, await readFile(path, "utf8"), "waiting.json");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || error instanceof InfieldError) return undefined;
    throw toIoError(error, `read ${JSON.stringify(path)}`);
  }
}

/** Throws `no-space`, `io-failed`. */
export async function writeWaiting(root: string, waiting: Waiting): Promise<void> {
  await replaceFile(layoutOf(root).waitingFile, `${JSON.stringify(waiting)}\n`, 0o600);
}

export async function clearWaiting(root: string): Promise<void> {
  await rm(layoutOf(root).waitingFile, { force: true });
}
