/** `infield delta create OLD NEW -o FILE` */
import { formatBytes, formatDuration } from "@infield/shared/base";
import { type Comparison, compareTrees, type Delta } from "@infield/shared/delta";
import { type InputTree, type SourceTree, treeBytes } from "@infield/shared/tree";
import { openEncoderPool } from "../../delta/create/encoder-pool.ts";
import { alignColumns, formatEntries } from "../output/table.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";
import { checkOutputOutside } from "./inside.ts";
import { makeDelta } from "./make-delta.ts";
import { checkOutput, writeNewFile } from "./new-file.ts";
import { readOptionsOf, readTree } from "./read-tree.ts";
import { describeExcluded } from "./tree-report.ts";

export async function runDeltaCreate(
  input: Input<"delta create">,
  terminal: Terminal,
): Promise<Outcome> {
  await checkOutput(input.output);
  await checkOutputOutside(input.output, [input.OLD, input.NEW]);
  const startedAt = performance.now();
  const base = await readTree(input.OLD, "OLD", readOptionsOf(input), terminal);
  try {
    const target = await readTree(input.NEW, "NEW", readOptionsOf(input), terminal);
    try {
      const delta = await writeDelta(input, base, target, terminal);
      return describeDelta(input.output, base, target, delta, performance.now() - startedAt);
    } finally {
      await target.close();
    }
  } finally {
    await base.close();
  }
}

async function writeDelta(
  { output, level }: Input<"delta create">,
  base: SourceTree,
  target: SourceTree,
  terminal: Terminal,
): Promise<Delta> {
  const encoder = openEncoderPool();
  try {
    const delta = await makeDelta(base, target, level, encoder, terminal);
    await writeNewFile(output, delta.read(), { signal: terminal.signal });
    return delta;
  } finally {
    await encoder.close();
  }
}

function describeDelta(
  output: string,
  base: InputTree,
  target: InputTree,
  delta: Delta,
  durationMs: number,
): Outcome {
  const { counts } = compareTrees(base.manifest, target.manifest);
  const [oldBytes, newBytes] = [treeBytes(base.manifest), treeBytes(target.manifest)];
  const rows = [
    ["old", formatBytes(oldBytes), formatEntries(base.manifest.entries.length)],
    ["new", formatBytes(newBytes), formatEntries(target.manifest.entries.length)],
    ["delta", formatBytes(delta.bytes), output],
  ];
  return {
    data: {
      output,
      old: { tree: delta.base, bytes: oldBytes, entries: base.manifest.entries.length },
      new: { tree: delta.target, bytes: newBytes, entries: target.manifest.entries.length },
      excluded: { old: base.report.excluded, new: target.report.excluded },
      changes: counts,
      bytes: delta.bytes,
      decoderBytes: delta.decoderBytes,
      durationMs: Math.round(durationMs),
    },
    text: [
      ...alignColumns(rows, [1]),
      formatCounts(counts),
      ...describeExcluded("old", base.report.excluded),
      ...describeExcluded("new", target.report.excluded),
      `made in ${formatDuration(durationMs)}`,
    ].join("\n"),
  };
}

/** "3 changed, 1 added, 0 moved, 2 removed, 57 unchanged" */
function formatCounts({ changed, added, moved, removed, unchanged }: Comparison["counts"]): string {
  return `${changed} changed, ${added} added, ${moved} moved, ${removed} removed, ${unchanged} unchanged`;
}
