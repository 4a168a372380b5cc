/**
 * Bytes that were asked for by their hash, made anew in staging/ and durable, before they take
 * anybody's place.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { MAX_MANIFEST_BYTES } from "@infield/shared/base";
import { removeTree } from "../../host/durable.ts";
import type { Layout } from "../root/layout.ts";
import { makeFolder } from "../root/repository.ts";
import type { ContentSource, Wanted } from "../snapshot/content.ts";

/**
 * A file in staging/ with the bytes that were asked for, from the first way that gives them;
 * undefined when none does. `prepare` sets owner and mode. It is durable, and the caller's to
 * rename.
 */
export async function makeFile(
  layout: Layout,
  wanted: Wanted,
  sources: readonly ContentSource[],
  prepare: (handle: FileHandle) => Promise<void>,
): Promise<string | undefined> {
  for (const source of sources) {
    for (const way of await source.waysTo(wanted)) {
      const path = await stagedPath(layout);
      const handle = await open(path, "wx", 0o600);
      try {
        if (!(await isRight(handle, way(), wanted))) continue;
        await prepare(handle);
        // Prevents: a mended file that has its name after a crash, and holds zeros.
        await handle.sync();
        return path;
      } finally {
        await handle.close();
      }
    }
  }
  return undefined;
}

/**
 * Writes what a way gives; true when that has the hash. A way that fails is only another way that
 * does not lead there.
 */
async function isRight(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  { sha256, size }: Wanted,
): Promise<boolean> {
  const hash = createHash("sha256");
  const most = size ?? MAX_MANIFEST_BYTES;
  let bytes = 0;
  const reader = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await reader.next().catch(() => undefined);
      if (next === undefined) return false;
      if (next.done) return hash.digest("hex") === sha256;
      bytes += next.value.length;
      if (bytes > most) return false;
      hash.update(next.value);
      await handle.writeFile(next.value);
    }
  } finally {
    await reader.return?.();
  }
}

/** A new name in staging/; the last one that was not taken is gone. */
export async function stagedPath({ staging }: Layout): Promise<string> {
  await makeFolder(staging);
  const path = join(staging, "mended");
  await removeTree(path);
  return path;
}
