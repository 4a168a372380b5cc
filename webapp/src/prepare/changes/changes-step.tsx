/** What the update changes, to be checked before anything is made from it. */
import { formatBytes } from "@infield/shared/base";
import { type Change, type ChangeKind, type Comparison, compareTrees } from "@infield/shared/delta";
import { useMemo, useState } from "preact/hooks";
import { Step } from "../../ui/step.tsx";
import type { ChosenTree } from "../tree/chosen-tree.ts";
import { type ChangeFilter, filterChanges } from "./change-filter.ts";
import { texts } from "./texts.ts";

const KINDS: readonly ChangeKind[] = ["added", "changed", "moved", "removed"];

interface ChangesStepProps {
  readonly number: number;
  readonly oldTree: ChosenTree | undefined;
  readonly newTree: ChosenTree | undefined;
}

export function ChangesStep({ number, oldTree, newTree }: ChangesStepProps) {
  const comparison = useMemo(
    () => oldTree && newTree && compareTrees(oldTree.tree.manifest, newTree.tree.manifest),
    [oldTree, newTree],
  );
  const waiting = comparison ? undefined : texts.waiting;
  return (
    <Step number={number} title={texts.title} waiting={waiting} done={comparison !== undefined}>
      {comparison && <Changes comparison={comparison} />}
    </Step>
  );
}

function Changes({ comparison }: { comparison: Comparison }) {
  const [filter, setFilter] = useState<ChangeFilter>({ kind: "all", text: "" });
  if (comparison.changes.length === 0) return <p>{texts.same}</p>;
  const { rows, more } = filterChanges(comparison.changes, filter);
  return (
    <>
      <ul class="counts">
        {[...KINDS, "unchanged" as const].map((kind) => (
          <li key={kind} class={kind}>
            <strong>{comparison.counts[kind].toLocaleString("en")}</strong> {texts.kinds[kind]}
          </li>
        ))}
      </ul>
      <FilterFields filter={filter} setFilter={setFilter} />
      <ChangeTable rows={rows} />
      {rows.length === 0 && <p class="quiet">{texts.nothing}</p>}
      {more > 0 && <p class="quiet">{texts.more(more)}</p>}
    </>
  );
}

function FilterFields(props: { filter: ChangeFilter; setFilter: (filter: ChangeFilter) => void }) {
  const { filter, setFilter } = props;
  const chooseKind = (value: string) =>
    setFilter({ ...filter, kind: KINDS.find((kind) => kind === value) ?? "all" });
  return (
    <div class="fields">
      <label>
        {texts.filter}
        <input
          type="search"
          value={filter.text}
          onInput={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
        />
      </label>
      <label>
        {texts.kind}
        <select value={filter.kind} onChange={(event) => chooseKind(event.currentTarget.value)}>
          <option value="all">{texts.all}</option>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {texts.kinds[kind]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function ChangeTable({ rows }: { rows: readonly Change[] }) {
  const { columns, kinds, from } = texts;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach what scrolls
    <section class="scroll" tabIndex={0} aria-label={texts.list}>
      <table class="changes">
        <thead>
          <tr>
            <th scope="col">{columns.kind}</th>
            <th scope="col">{columns.path}</th>
            <th scope="col" class="bytes">
              {columns.bytes}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((change) => (
            <tr key={change.path}>
              <td class={change.kind}>{kinds[change.kind]}</td>
              <td class="path">
                {change.path}
                {change.from !== undefined && <span class="quiet"> {from(change.from)}</span>}
              </td>
              <td class="bytes">{change.bytes > 0 && formatBytes(change.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
