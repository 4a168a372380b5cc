/** What goes into the release beside the tree, and the signature under it. */
import { type InfieldError, MAX_DATA_FORMAT, MAX_NOTES_CHARS } from "@infield/shared/base";
import type { DeltaEncoder, Level } from "@infield/shared/delta";
import { filesOf } from "@infield/shared/tree";
import { useId, useState } from "preact/hooks";
import type { MadeDelta } from "../../delta/made-delta.ts";
import type { KeptChannel, Storage } from "../../storage/channels.ts";
import type { KeptTrees } from "../../storage/tree-store.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { WorkProgress } from "../../ui/progress.tsx";
import { Step } from "../../ui/step.tsx";
import { toInfieldError } from "../../ui/to-infield-error.ts";
import { type Report, useWork } from "../../ui/work.ts";
import type { ChosenTree } from "../tree/chosen-tree.ts";
import { planFor, type ReleaseRequest, signReleases } from "./sign.ts";
import { texts } from "./texts.ts";

/** Seconds a health check may take: enough to start a desktop program on the slowest laptop. */
const HEALTH_SECONDS = 60;
/** Executables offered for the health check. Any other may still be typed in. */
const MAX_OFFERED = 200;

interface Draft {
  readonly notes: string;
  readonly urgent: boolean;
  readonly fullInstall: boolean;
  readonly healthPath: string;
  /**
   * As it was typed; empty: none. Undefined while nobody has touched it: as in the release before.
   */
  readonly dataFormat: string | undefined;
}
const EMPTY_DRAFT: Draft = {
  notes: "",
  urgent: false,
  fullInstall: false,
  healthPath: "",
  dataFormat: undefined,
};
interface ReleaseStepProps {
  readonly number: number;
  readonly storage: Storage;
  readonly trees: KeptTrees;
  readonly encoder: DeltaEncoder;
  readonly oldTree: ChosenTree | undefined;
  readonly newTree: ChosenTree | undefined;
  readonly level: Level;
  readonly delta: MadeDelta | undefined;
  readonly chosen: KeptChannel | undefined;
  readonly onSigned: () => Promise<void>;
}

export function ReleaseStep(props: ReleaseStepProps) {
  const { number, storage, trees, encoder, oldTree, newTree, level, delta, chosen, onSigned } =
    props;
  const work = useWork();
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
  const dataFormat = draft.dataFormat ?? String(latest?.dataFormat ?? "");
  const request: ReleaseRequest = {
    channelId: chosen.channel.id,
    oldTree: oldTree.kind === "empty" ? undefined : oldTree.tree,
    newTree: newTree.tree,
    made: delta,
    level,
    fullInstall: draft.fullInstall,
    details: detailsOf(draft, dataFormat),
  };
  const plan = tryPlan(chosen, request);
  const sign = () =>
    work.start(async (signal, report) => {
      await signReleases(signal, storage, encoder, request, report);
      await keepBoth(signal, trees, request, report);
      await onSigned();
    });
  return (
    <Step number={number} title={texts.title}>
      <ProblemNote error={plan.error} />
      {plan.versions && <p>{texts.becomes(plan.versions)}</p>}
      {plan.versions && !work.running && (
        <>
          <DraftFields
            draft={draft}
            setDraft={setDraft}
            newTree={newTree}
            offerFull={oldTree.kind !== "empty"}
          />
          <DataFormatField
            value={dataFormat}
            set={(typed) => setDraft({ ...draft, dataFormat: typed })}
          />
          <button type="button" class="primary" disabled={!isDataFormat(dataFormat)} onClick={sign}>
            {texts.sign}
          </button>
        </>
      )}
      <WorkProgress work={work} label={texts.signing} cancel={work.cancel} />
      <ProblemNote error={work.error} />
    </Step>
  );
}

/**
 * For laptops that come back much later (storage/trees.ts). What is signed is signed, whatever
 * becomes of this.
 */
async function keepBoth(
  signal: AbortSignal,
  trees: KeptTrees,
  { oldTree, newTree }: ReleaseRequest,
  report: Report,
): Promise<void> {
  const onProgress = (done: number, total: number) => report(done, total, texts.keeping);
  try {
    for (const tree of [oldTree, newTree]) if (tree) await trees.keep(tree, signal, onProgress);
  } catch {
    // They can be done without: laptops take the deltas that there are.
  }
}

/** The versions that signing would make, or why it cannot. */
function tryPlan(
  chosen: KeptChannel,
  request: ReleaseRequest,
): { versions?: readonly number[]; error?: InfieldError } {
  try {
    return { versions: planFor(chosen, request).map(({ version }) => version) };
  } catch (error) {
    return { error: toInfieldError(error) };
  }
}

function detailsOf(
  { notes, urgent, healthPath }: Draft,
  dataFormat: string,
): ReleaseRequest["details"] {
  const text = notes.trim();
  const path = healthPath.trim();
  return {
    urgent,
    notes: text === "" ? {} : { [document.documentElement.lang]: text },
    ...(path !== "" && { health: { path, seconds: HEALTH_SECONDS } }),
    ...(dataFormat !== "" && { dataFormat: Number(dataFormat) }),
  };
}

interface DraftFieldsProps {
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
  readonly newTree: ChosenTree;
  readonly offerFull: boolean;
}

function DraftFields({ draft, setDraft, newTree, offerFull }: DraftFieldsProps) {
  return (
    <>
      <label class="field">
        {texts.notes}
        <textarea
          rows={3}
          maxLength={MAX_NOTES_CHARS}
          placeholder={texts.notesHint}
          value={draft.notes}
          onInput={(event) => setDraft({ ...draft, notes: event.currentTarget.value })}
        />
      </label>
      {offerFull && (
        <Tick
          label={texts.full}
          meaning={texts.fullMeaning}
          on={draft.fullInstall}
          set={(fullInstall) => setDraft({ ...draft, fullInstall })}
        />
      )}
      <Tick
        label={texts.urgent}
        meaning={texts.urgentMeaning}
        on={draft.urgent}
        set={(urgent) => setDraft({ ...draft, urgent })}
      />
      <HealthField
        newTree={newTree}
        path={draft.healthPath}
        set={(healthPath) => setDraft({ ...draft, healthPath })}
      />
    </>
  );
}

function Tick(props: { label: string; meaning: string; on: boolean; set: (on: boolean) => void }) {
  const id = useId();
  return (
    <div class="tick">
      <label>
        <input
          type="checkbox"
          checked={props.on}
          aria-describedby={id}
          onChange={(event) => props.set(event.currentTarget.checked)}
        />
        {props.label}
      </label>
      <p class="quiet" id={id}>
        {props.meaning}
      </p>
    </div>
  );
}

function HealthField(props: { newTree: ChosenTree; path: string; set: (path: string) => void }) {
  const id = useId();
  const programs = filesOf(props.newTree.tree.manifest).filter((file) => (file.mode & 0o111) !== 0);
  return (
    <div class="field">
      <label>
        {texts.health}
        <input
          type="text"
          list={`${id}-programs`}
          aria-describedby={`${id}-meaning`}
          value={props.path}
          onInput={(event) => props.set(event.currentTarget.value)}
        />
      </label>
      <datalist id={`${id}-programs`}>
        {programs.slice(0, MAX_OFFERED).map(({ path }) => (
          <option key={path} value={path} />
        ))}
      </datalist>
      <p class="quiet" id={`${id}-meaning`}>
        {texts.healthMeaning(HEALTH_SECONDS)}
      </p>
    </div>
  );
}

/** Nothing, or a whole number in its bounds. */
function isDataFormat(typed: string): boolean {
  return typed === "" || (/^\d{1,7}$/.test(typed) && Number(typed) <= MAX_DATA_FORMAT);
}

function DataFormatField({ value, set }: { value: string; set: (value: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label>
        {texts.dataFormat}
        <input
          type="text"
          inputMode="numeric"
          aria-describedby={id}
          aria-invalid={!isDataFormat(value)}
          value={value}
          onInput={(event) => set(event.currentTarget.value.trim())}
        />
      </label>
      <p class="quiet" id={id}>
        {isDataFormat(value) ? texts.dataFormatMeaning : texts.dataFormatWrong(MAX_DATA_FORMAT)}
      </p>
    </div>
  );
}
