/** A delta between two open trees, made by the encoder pool with progress. */
import { createDelta, type Delta, type DeltaEncoder, type Level } from "@infield/shared/delta";
import type { SourceTree } from "@infield/shared/tree";
import type { Terminal } from "../output/terminal.ts";

/** The delta can be read until the encoder is closed. Throws what `createDelta` throws. */
export function makeDelta(
  base: SourceTree,
  target: SourceTree,
  level: Level | undefined,
  encoder: DeltaEncoder,
  terminal: Terminal,
): Promise<Delta> {
  return terminal.withProgress((update) =>
    createDelta(base, target, encoder, {
      ...(level !== undefined && { level }),
      onProgress: (done, total) => update("making the delta", done, total),
      signal: terminal.signal,
    }),
  );
}
