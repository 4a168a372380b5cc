/** Trees named on the command line, opened with progress. */
import type { SourceTree } from "@infield/shared/tree";
import { openTree } from "../../tree/open-tree.ts";
import type { Terminal } from "../output/terminal.ts";

/** `name`: what the progress line calls it. Throws what `openTree` throws. */
export async function readTree(
  path: string,
  name: string,
  owners: boolean,
  terminal: Terminal,
): Promise<SourceTree> {
  return terminal.withProgress((update) =>
    openTree(path, {
      owners,
      signal: terminal.signal,
      onProgress: ({ doneBytes, totalBytes }) => update(`reading ${name}`, doneBytes, totalBytes),
    }),
  );
}
