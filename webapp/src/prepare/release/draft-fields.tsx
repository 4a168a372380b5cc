/** The form for what a volunteer says about a release. */
import { MAX_DATA_FORMAT, MAX_NOTES_CHARS } from "@infield/shared/base";
import { filesOf } from "@infield/shared/tree";
import { useId } from "preact/hooks";
import type { ChosenTree } from "../tree/chosen-tree.ts";
import { type Draft, HEALTH_SECONDS, isDataFormat } from "./draft.ts";
import { texts } from "./texts.ts";

/** Executables offered for the health check. Any other can still be typed in. */
const MAX_OFFERED = 200;

interface DraftFieldsProps {
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
  /** The draft's data format, or that of the release before. */
  readonly dataFormat: string;
  readonly newTree: ChosenTree;
  readonly offerFull: boolean;
}

export function DraftFields(props: DraftFieldsProps) {
  const { draft, setDraft, dataFormat, newTree, offerFull } = props;
  const change = (changes: Partial<Draft>) => setDraft({ ...draft, ...changes });
  return (
    <>
      <NotesField value={draft.notes} set={(notes) => change({ notes })} />
      {offerFull && (
        <Checkbox
          label={texts.full}
          meaning={texts.fullMeaning}
          on={draft.fullInstall}
          set={(fullInstall) => change({ fullInstall })}
        />
      )}
      <Checkbox
        label={texts.urgent}
        meaning={texts.urgentMeaning}
        on={draft.urgent}
        set={(urgent) => change({ urgent })}
      />
      <HealthField
        newTree={newTree}
        path={draft.healthPath}
        set={(healthPath) => change({ healthPath })}
      />
      <DataFormatField value={dataFormat} set={(typed) => change({ dataFormat: typed })} />
    </>
  );
}

function NotesField({ value, set }: { value: string; set: (value: string) => void }) {
  return (
    <label class="field">
      {texts.notes}
      <textarea
        rows={3}
        maxLength={MAX_NOTES_CHARS}
        placeholder={texts.notesHint}
        value={value}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
}

function Checkbox(props: {
  label: string;
  meaning: string;
  on: boolean;
  set: (on: boolean) => void;
}) {
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
