/** What a person should know of how a tree was read: what was kept out, programs without modes. */
import { describeSystemNeeds, type Excluded } from "@infield/shared/tree";
import { type ChosenTree, withExecutable } from "./chosen-tree.ts";
import { texts } from "./texts.ts";

interface TreeReportProps {
  readonly chosen: ChosenTree;
  readonly choose: (tree: ChosenTree) => void;
}

export function TreeReport({ chosen, choose }: TreeReportProps) {
  const { excluded, programs, leftOut = [] } = chosen.input.report;
  const needs = describeSystemNeeds(chosen.tree.manifest);
  return (
    <>
      {programs.length > 0 && (
        <label class="check">
          <input
            type="checkbox"
            checked={chosen.tree !== chosen.input}
            onChange={(event) => choose(withExecutable(chosen, event.currentTarget.checked))}
          />{" "}
          {texts.makeExecutable(programs.length)}
        </label>
      )}
      {programs.length > 0 && <Paths summary={texts.programs} paths={programs} />}
      {excluded.length > 0 && <KeptOut excluded={excluded} />}
      {leftOut.map(({ name, count }) => (
        <p key={name} class="quiet">
          {texts.leftOut(name, count)}
        </p>
      ))}
      {needs !== "" && <p class="quiet">{texts.needsRoot(needs)}</p>}
    </>
  );
}

/** Paths listed: enough to see what kind they are. */
const LISTED = 20;

function Paths({ summary, paths }: { summary: string; paths: readonly string[] }) {
  return (
    <details>
      <summary>{summary}</summary>
      <ul>
        {paths.slice(0, LISTED).map((path) => (
          <li key={path} class="path">
            {path}
          </li>
        ))}
        {paths.length > LISTED && <li>{texts.more(paths.length - LISTED)}</li>}
      </ul>
    </details>
  );
}

function KeptOut({ excluded }: { excluded: readonly Excluded[] }) {
  const count = excluded.reduce((sum, one) => sum + one.count, 0);
  return (
    <details>
      <summary>{texts.keptOut(count)}</summary>
      <table class="kept-out">
        <tbody>
          {excluded.map(({ pattern, origin, count, example }) => (
            <tr key={`${origin} ${pattern}`}>
              <td class="path">{pattern}</td>
              <td>{texts.origins[origin]}</td>
              <td class="count">{count.toLocaleString("en")}</td>
              <td class="path quiet">{example}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">{texts.keptOutWhy}</p>
    </details>
  );
}
