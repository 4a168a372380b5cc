/**
 * Makes a delta for laptops far behind, from two trees that this browser keeps, and hands it to
 * this laptop's agent.
 */
import { InfieldError } from "@infield/shared/base";
import type { DeltaEncoder } from "@infield/shared/delta";
import { blobPath } from "@infield/shared/records";
import { createServer, type WantedDelta } from "@infield/shared/transfer";
import { blobSource } from "@infield/shared/tree";
import type { AgentLink } from "../agent-link/link.ts";
import { makeDelta } from "../delta/made-delta.ts";
import type { TreeStore } from "../storage/tree-store.ts";
import type { ReportProgress } from "../ui/work.ts";

/** Every laptop must be able to decode a delta that nobody signed (docs/protocol.md, rule 8.6). */
const LEVEL = "default";

/**
 * Resolves to its size in bytes once the agent has it. Throws what making and handing over throw,
 * AbortError.
 */
export async function prepareDelta(
  signal: AbortSignal,
  wanted: WantedDelta,
  trees: TreeStore,
  encoder: DeltaEncoder,
  link: AgentLink,
  report: ReportProgress,
): Promise<number> {
  const [base, target] = [await trees.open(wanted.base), await trees.open(wanted.target)];
  if (base === undefined || target === undefined) throw treesGone();
  const { from, to } = wanted;
  const tell = (preparing: boolean) => link.ask({ type: "prepare-delta", from, to, preparing });
  await tell(true);
  try {
    const {
      blob,
      target: _,
      ...about
    } = await makeDelta(signal, base, target, LEVEL, encoder, report);
    const serve = createServer({
      open: async (path) => (path === blobPath(about.root) ? blobSource(blob) : undefined),
      versions: async () => [],
    });
    const delta = { ...about, from, bytes: blob.size };
    await link.ask({ type: "offer-delta", to, delta }, { signal, serve });
    return blob.size;
  } finally {
    // Nobody needs to wait for it any longer. If the link is lost, the agent knows anyway.
    await tell(false).catch(() => {});
  }
}

function treesGone(): InfieldError {
  return new InfieldError(
    "unreadable-file",
    "this browser no longer has both versions",
    "nothing needs to be done: laptops use the deltas there are",
  );
}
