/** `infield delta apply OLD FILE -o NEWDIR` */
import { lstat } from "node:fs/promises";
import { formatBytes, formatDuration, MAX_DECODER_BYTES } from "@infield/shared/base";
import {
  formatManifest,
  type Manifest,
  parseManifest,
  treeBytes,
  treeId,
} from "@infield/shared/tree";
import { applyDelta } from "../../delta/apply/apply.ts";
import { formatEntries } from "../output/table.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";
import { checkDeltaFile } from "../parse/input-file.ts";
import { checkOutput } from "./new-file.ts";
import { readOptionsOf, readTree } from "./read-tree.ts";
import { withUnpacked } from "./unpack.ts";

export async function runDeltaApply(
  input: Input<"delta apply">,
  terminal: Terminal,
): Promise<Outcome> {
  await checkDeltaFile(input.FILE, "the order is OLD FILE");
  await checkOutput(input.output);
  const startedAt = performance.now();
  const base = await readTree(input.OLD, "OLD", readOptionsOf(input), terminal);
  try {
    const build = (folder: string) =>
      buildFolder(input, { folder, manifest: base.manifest }, terminal);
    const isFolder = (await lstat(`${input.OLD}/.`).catch(() => undefined))?.isDirectory() === true;
    const manifest = isFolder ? await build(input.OLD) : await withUnpacked(base, terminal, build);
    return describe(input.output, manifest, performance.now() - startedAt);
  } finally {
    await base.close();
  }
}

async function buildFolder(
  input: Input<"delta apply">,
  base: { folder: string; manifest: Manifest },
  terminal: Terminal,
): Promise<Manifest> {
  const manifest = await terminal.withProgress((update) =>
    applyDelta({
      delta: input.FILE,
      base: { folder: base.folder, manifest: formatManifest(base.manifest) },
      out: input.output,
      share: "copy",
      // Modes are data here: whoever types the command decides what the delta is worth, not a
      // signature.
      system: true,
      memoryBytes: MAX_DECODER_BYTES,
      onProgress: (done, total) => update("applying the delta", done, total),
      signal: terminal.signal,
    }),
  );
  return parseManifest(manifest);
}

function describe(output: string, manifest: Manifest, durationMs: number): Outcome {
  const [entries, bytes] = [manifest.entries.length, treeBytes(manifest)];
  return {
    data: { output, tree: treeId(manifest), entries, bytes, durationMs: Math.round(durationMs) },
    text: `${output}: ${formatBytes(bytes)} in ${formatEntries(entries)}, checked, in ${formatDuration(durationMs)}`,
  };
}
