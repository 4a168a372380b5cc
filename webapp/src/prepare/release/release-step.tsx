/** What goes into the release besides the files, and the signature on it. */
import type { InfieldError } from "@infield/shared/base";
import type { DeltaEncoder, Level } from "@infield/shared/delta";
import { useState } from "preact/hooks";
import type { MadeDelta } from "../../delta/made-delta.ts";
import type { PageStorage, StoredChannel } from "../../storage/channels.ts";
import type { TreeStore } from "../../storage/tree-store.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { WorkProgress } from "../../ui/progress.tsx";
import { Step } from "../../ui/step.tsx";
import { toInfieldError } from "../../ui/to-infield-error.ts";
import { type ReportProgress, useWork, type Work } from "../../ui/work.ts";
import type { ChosenTree } from "../tree/chosen-tree.ts";
import { type Draft, detailsOf, EMPTY_DRAFT, isDataFormat } from "./draft.ts";
import { DraftFields } from "./draft-fields.tsx";
import { planFor, type ReleaseRequest, signReleases } from "./sign.ts";
import { texts } from "./texts.ts";

interface ReleaseStepProps {
  readonly number: number;
  readonly storage: PageStorage;
  readonly trees: TreeStore;
  readonly encoder: DeltaEncoder;
  readonly oldTree: ChosenTree | undefined;
  readonly newTree: ChosenTree | undefined;
  readonly level: Level;
  readonly delta: MadeDelta | undefined;
  readonly chosen: StoredChannel | undefined;
  readonly onSigned: () => Promise<void>;
}

export function ReleaseStep(props: ReleaseStepProps) {
  const { number, oldTree, newTree, delta, chosen } = props;
  const work = useWork();
  // Kept here, so that choosing another tree does not lose what was typed.
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const latest = chosen?.releases.at(-1)?.record;
  if (newTree && latest?.tree === newTree.id) {
    return (
      <Step number={number} title={texts.title} done>
        <p role="status">{texts.done(latest.version)}</p>
      </Step>
    );
  }
  if (!oldTree || !newTree || !delta || !chosen?.key) {
    return <Step number={number} title={texts.title} waiting={texts.waiting} />;
  }
  return (
    <Step number={number} title={texts.title}>
      <SignRelease {...{ ...props, oldTree, newTree, delta, chosen, work, draft, setDraft }} />
    </Step>
  );
}

/** The props once everything that a release needs is there. */
interface SignReleaseProps extends ReleaseStepProps {
  readonly oldTree: ChosenTree;
  readonly newTree: ChosenTree;
  readonly delta: MadeDelta;
  readonly chosen: StoredChannel;
  readonly work: Work;
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
}

function SignRelease(props: SignReleaseProps) {
  const { storage, trees, encoder, oldTree, newTree, chosen, work, draft, setDraft } = props;
  const dataFormat = draft.dataFormat ?? String(chosen.releases.at(-1)?.record.dataFormat ?? "");
  const request = requestOf(props, dataFormat);
  const plan = tryPlan(chosen, request);
  const sign = () =>
    work.start(async (signal, report) => {
      await signReleases(signal, storage, encoder, request, report);
      await storeTrees(signal, trees, request, report);
      await props.onSigned();
    });
  return (
    <>
      <ProblemNote error={plan.error} />
      {plan.versions && <p>{texts.becomes(plan.versions)}</p>}
      {plan.versions && !work.running && (
        <>
          <DraftFields
            {...{ draft, setDraft, dataFormat, newTree }}
            offerFull={oldTree.kind !== "empty"}
          />
          <button type="button" class="primary" disabled={!isDataFormat(dataFormat)} onClick={sign}>
            {texts.sign}
          </button>
        </>
      )}
      <WorkProgress work={work} label={texts.signing} cancel={work.cancel} />
      <ProblemNote error={work.error} />
    </>
  );
}

function requestOf(props: SignReleaseProps, dataFormat: string): ReleaseRequest {
  const { oldTree, newTree, level, delta, chosen, draft } = props;
  return {
    channelId: chosen.channel.id,
    oldTree: oldTree.kind === "empty" ? undefined : oldTree.tree,
    newTree: newTree.tree,
    made: delta,
    level,
    fullInstall: draft.fullInstall,
    details: detailsOf(draft, dataFormat),
  };
}

/**
 * For laptops that come back much later (storage/tree-store.ts). What is signed stays signed,
 * whatever becomes of this.
 */
async function storeTrees(
  signal: AbortSignal,
  trees: TreeStore,
  { oldTree, newTree }: ReleaseRequest,
  report: ReportProgress,
): Promise<void> {
  const onProgress = (done: number, total: number) => report(done, total, texts.keeping);
  try {
    for (const tree of [oldTree, newTree]) if (tree) await trees.keep(tree, signal, onProgress);
  } catch {
    // Laptops manage without: they take the deltas there are.
  }
}

/** The versions that signing would make, or why it cannot. */
function tryPlan(
  chosen: StoredChannel,
  request: ReleaseRequest,
): { versions?: readonly number[]; error?: InfieldError } {
  try {
    return { versions: planFor(chosen, request).map(({ version }) => version) };
  } catch (error) {
    return { error: toInfieldError(error) };
  }
}
