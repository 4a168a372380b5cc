/**
 * ROOT/upstream.json: what a repository's web server said last, so that asking again costs nothing
 * and a person can see it.
 */
import { readFile } from "node:fs/promises";
import { InfieldError, MAX_VERSION } from "@infield/shared/base";
import { Count, parseRecord } from "@infield/shared/records";
import * as v from "valibot";
import { replaceFile } from "../host/durable.ts";
import { errorCode } from "../host/file-source.ts";
import { toIoError } from "../host/io-error.ts";
import { layoutOf } from "../store/root/layout.ts";

const UpstreamSchema = v.strictObject({
  infield: v.literal("upstream 1"),
  url: v.string(),
  /** The newest version there is, and the server's mark for that answer. */
  latest: v.optional(
    v.strictObject({ version: Count(1, MAX_VERSION), tag: v.optional(v.string()) }),
  ),
  /** When it was asked, by this laptop's own clock: for people. */
  asked: v.optional(v.string()),
  /** Why nothing came of it. */
  problem: v.optional(v.strictObject({ code: v.string(), message: v.string(), hint: v.string() })),
});
export type UpstreamRecord = v.InferOutput<typeof UpstreamSchema>;

/**
 * Undefined when there is none, or none that can be read: nothing is lost with it. Throws
 * `io-failed`.
 */
export async function readUpstream(root: string): Promise<UpstreamRecord | undefined> {
  const path = layoutOf(root).upstreamFile;
  try {
    return parseRecord(UpstreamSchema, await readFile(path, "utf8"), "upstream.json");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || error instanceof InfieldError) return undefined;
    throw toIoError(error, `read ${JSON.stringify(path)}`);
  }
}

/** Throws `no-space`, `io-failed`. */
export async function writeUpstream(
  root: string,
  record: Omit<UpstreamRecord, "infield">,
): Promise<void> {
  const content = JSON.stringify({ infield: "upstream 1", ...record }, undefined, 2);
  await replaceFile(layoutOf(root).upstreamFile, `${content}\n`, 0o600);
}
