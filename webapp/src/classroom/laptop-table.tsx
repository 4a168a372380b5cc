/** Every laptop the agent knows, one to a row; on a narrow screen, one to a card. */
import type { Progress } from "@infield/shared/base";
import type { Laptop, Report } from "@infield/shared/transfer";
import { toError, toProgress } from "../agent-link/requests.ts";
import { CodeText } from "../ui/code-text.tsx";
import { ProblemText } from "../ui/problem.tsx";
import { ProgressLine } from "../ui/progress.tsx";
import {
  describeLast,
  describeSeen,
  describeState,
  markState,
  reasonNotToOrder,
} from "./describe.ts";
import { Orders } from "./orders.tsx";
import { texts } from "./texts.ts";

export function LaptopTable({
  laptops,
  latest,
}: {
  laptops: readonly Laptop[];
  latest: number | undefined;
}) {
  if (laptops.length === 0)
    return (
      <p class="empty">
        <CodeText text={texts.nobody} />
      </p>
    );
  const { name, version, state, seen, action } = texts.columns;
  return (
    <table class="laptops">
      <thead>
        <tr>
          {[name, version, state, seen, action].map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {laptops.map((laptop) => (
          <LaptopRow key={laptop.id} laptop={laptop} latest={latest} />
        ))}
      </tbody>
    </table>
  );
}

function LaptopRow({ laptop, latest }: { laptop: Laptop; latest: number | undefined }) {
  const { columns } = texts;
  return (
    <tr>
      <th scope="row">{laptop.name}</th>
      <td data-label={columns.version}>{laptop.version === 0 ? "–" : laptop.version}</td>
      <td data-label={columns.state}>
        {laptop.unseenMs > 0 ? (
          <span class="state away">{describeLast(laptop, latest)}</span>
        ) : (
          <StateCell report={laptop} latest={latest} />
        )}
      </td>
      <td data-label={columns.seen} class="quiet">
        {describeSeen(laptop.unseenMs)}
      </td>
      <td>
        <Orders report={laptop} reason={reasonNotToOrder(laptop)} />
      </td>
    </tr>
  );
}

/** What a laptop is doing, how far it has got, and what went wrong. */
export function StateCell({ report, latest }: { report: Report; latest: number | undefined }) {
  const words = describeState(report, latest);
  const mark = markState(report, latest);
  const progress: Progress | undefined = report.progress && toProgress(report.progress);
  return (
    <>
      <span class={`state ${mark}`}>{words}</span>
      {mark === "working" && (
        <ProgressLine progress={progress} label={`${words}: ${report.name}`} />
      )}
      {report.problem && <ProblemText error={toError(report.problem)} />}
    </>
  );
}
