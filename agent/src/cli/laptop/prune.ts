/**
 * `infield prune --root ROOT`: what would go is read without the lock; a running agent is asked to
 * remove it.
 */
import { resolve } from "node:path";
import { formatBytes } from "@infield/shared/base";
import { describePrunable, findPrunable, type Prunable, prune } from "../../store/prune/prune.ts";
import { openRoot, readState, readStore } from "../../store/root/open-root.ts";
import { askAgent, findAgent } from "../agent-link/agent-link.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export async function runPrune(input: Input<"prune">, terminal: Terminal): Promise<Outcome> {
  const found = input["dry-run"] ? await look(input) : await remove(input, terminal);
  const { versions } = (await readState(input.root)).state;
  const dryRun = input["dry-run"];
  const { space, ...gone } = found;
  const data = {
    root: resolve(input.root),
    dryRun,
    freedBytes: space.bytes,
    freedInodes: space.entries,
    ...gone,
  };
  return { data, text: describe(found, versions, dryRun) };
}

async function look({ root, keep = 0 }: Input<"prune">): Promise<Prunable> {
  return findPrunable(await readStore(root), keep);
}

async function remove(input: Input<"prune">, terminal: Terminal): Promise<Prunable> {
  const { keep = 0 } = input;
  const { token } = await readState(input.root);
  const agent = await findAgent(input.root);
  if (agent) {
    const found = await look(input);
    const ask = { type: "prune", id: 1, keep } as const;
    await askAgent({ port: agent.port, token }, ask, () => {}, terminal.signal);
    return found;
  }
  const root = await openRoot(input.root);
  try {
    return await root.change((writable) => prune(writable, keep));
  } finally {
    await root.close();
  }
}

function describe(found: Prunable, installed: readonly number[], dryRun: boolean): string {
  const what = describePrunable(found);
  if (what === undefined)
    return `nothing to remove: all that is installed (${listVersions(installed)}) is needed`;
  const freed = formatBytes(found.space.bytes);
  if (dryRun) return `would free ${freed}: ${what}`;
  return [`freed ${freed}: ${what}`, `installed: ${listVersions(installed)}`].join("\n");
}

function listVersions(versions: readonly number[]): string {
  return versions.join(", ") || "nothing";
}
