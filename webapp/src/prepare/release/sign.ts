/**
 * From trees to a stored, signed release: plan, make the missing deltas, sign, write everything at
 * once.
 */
import { InfieldError } from "@infield/shared/base";
import type { DeltaEncoder, Level } from "@infield/shared/delta";
import { composeRelease, type NewRelease } from "@infield/shared/publish";
import { blobPath, releasePath } from "@infield/shared/records";
import { EMPTY_MANIFEST, type SourceTree, treeId } from "@infield/shared/tree";
import { type MadeDelta, makeDelta } from "../../delta/made-delta.ts";
import { openChannel, type PageStorage, type StoredChannel } from "../../storage/channels.ts";
import { addReleases, jsonBlob } from "../../storage/repository.ts";
import { EMPTY_TREE } from "../../tree/empty-tree.ts";
import type { ReportProgress } from "../../ui/work.ts";
import { type PlannedRelease, planReleases } from "./release-plan.ts";
import { texts } from "./texts.ts";

export interface ReleaseRequest {
  readonly channelId: string;
  /** Undefined: only a full install. */
  readonly oldTree: SourceTree | undefined;
  readonly newTree: SourceTree;
  /** The delta that has been made already. */
  readonly made: MadeDelta;
  /** Of the deltas still to be made. */
  readonly level: Level;
  readonly fullInstall: boolean;
  readonly details: Pick<NewRelease, "urgent" | "notes" | "health" | "dataFormat">;
}

/**
 * Throws `already-exists` when another tab was faster, and what planning, making, signing and
 * storing throw; nothing is stored until the last step.
 */
export async function signReleases(
  signal: AbortSignal,
  storage: PageStorage,
  encoder: DeltaEncoder,
  request: ReleaseRequest,
  report: ReportProgress,
): Promise<void> {
  const kept = await openChannel(storage, request.channelId);
  const files = new Map<string, Blob>();
  for (const planned of planFor(kept, request)) {
    const deltas = await makeMissing(signal, planned, encoder, request, report);
    for (const { root, blob } of deltas) files.set(blobPath(root), blob);
    files.set(releasePath(planned.version), jsonBlob(sign(kept, planned, deltas, request)));
  }
  signal.throwIfAborted();
  if (!(await addReleases(storage.files, request.channelId, files))) throw madeMeanwhile();
}

/** What signing would create now. Throws as `planReleases`. */
export function planFor(
  kept: StoredChannel,
  request: Pick<ReleaseRequest, "oldTree" | "newTree" | "fullInstall">,
): PlannedRelease[] {
  return planReleases(
    { allowed: kept.releases.map(({ record }) => record), latest: kept.latest },
    request.oldTree && treeId(request.oldTree.manifest),
    treeId(request.newTree.manifest),
    request.fullInstall,
  );
}

async function makeMissing(
  signal: AbortSignal,
  planned: PlannedRelease,
  encoder: DeltaEncoder,
  { oldTree, newTree, made, level }: ReleaseRequest,
  report: ReportProgress,
): Promise<MadeDelta[]> {
  const target = planned.tree === "old" ? (oldTree ?? EMPTY_TREE) : newTree;
  const deltas: MadeDelta[] = [];
  for (const from of planned.from) {
    const base = from.base === "old" ? (oldTree ?? EMPTY_TREE) : EMPTY_TREE;
    const fits = made.base === treeId(base.manifest) && made.target === treeId(target.manifest);
    const step = texts.makingFull(planned.version);
    const onProgress = (done: number, total: number) => report(done, total, step);
    deltas.push(fits ? made : await makeDelta(signal, base, target, level, encoder, onProgress));
  }
  return deltas;
}

function sign(
  { channel, key }: StoredChannel,
  planned: PlannedRelease,
  deltas: readonly MadeDelta[],
  { oldTree, newTree, details }: ReleaseRequest,
) {
  if (key === undefined) throw missingKey();
  const isNew = planned.tree === "new";
  return composeRelease(channel, key, {
    version: planned.version,
    tree: isNew ? newTree.manifest : (oldTree?.manifest ?? EMPTY_MANIFEST),
    blobs: deltas.map(({ blob, target: _, ...about }, index) => ({
      ...about,
      from: planned.from[index]?.version ?? 0,
      bytes: blob.size,
    })),
    date: new Date(),
    ...(isNew ? details : { urgent: false, notes: {} }),
  });
}

function madeMeanwhile(): InfieldError {
  return new InfieldError(
    "already-exists",
    "another tab has signed a release of this channel meanwhile",
    "sign again: this release gets the next version, and its delta is kept",
  );
}

function missingKey(): InfieldError {
  return new InfieldError(
    "key-invalid",
    "this channel's key is not in this browser",
    "add its key file in the Channel step, then sign again",
  );
}
