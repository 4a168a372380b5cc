/** A delta between two open trees, made by the encoder pool with progress. */
import { createDelta, type Delta, type SourceTree } from "@infield/shared";
import { openEncoderPool } from "../delta/encoder-pool.ts";
import type { Terminal } from "./terminal.ts";

/** Throws what `createDelta` throws. */
export async function makeDelta(base: SourceTree, target: SourceTree, terminal: Terminal): Promise<Delta> {
  const encoder = openEncoderPool();
  try {
    return await terminal.withProgress((update) =>
      createDelta(base, target, encoder, {
        onProgress: (done, total) => update("making the delta", done, total),
        signal: terminal.signal,
      }),
    );
  } finally {
    await encoder.close();
  }
}
