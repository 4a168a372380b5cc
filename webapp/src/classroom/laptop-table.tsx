/** Every laptop the agent knows, one line each; on a narrow screen, one card each. */
import type { Laptop, Progress, Report } from "@infield/shared";
import { toError, toProgress } from "../agent-link/requests.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { ProgressLine } from "../ui/progress.tsx";
import { Orders } from "./orders.tsx";
import { texts } from "./texts.ts";
import { describeSeen, describeState, reasonNotToOrder } from "./words.ts";

export function LaptopTable({ laptops, latest }: { laptops: readonly Laptop[]; latest: number | undefined }) {
  if (laptops.length === 0) return <p class="empty">{texts.nobody}</p>;
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
        <StateCell report={laptop} latest={latest} />
      </td>
      <td data-label={columns.seen} class="quiet">
        {describeSeen(laptop.unseenMs)}
      </td>
      <td class="orders">
        <Orders report={laptop} reason={reasonNotToOrder(laptop)} />
      </td>
    </tr>
  );
}

/** What a laptop does in words, how far it is, and what went wrong. */
export function StateCell({ report, latest }: { report: Report; latest: number | undefined }) {
  const words = describeState(report, latest);
  const works = report.state === "fetching" || report.state === "building" || report.state === "checking";
  const progress: Progress | undefined = report.progress && toProgress(report.progress);
  return (
    <>
      <span class={`state ${report.state}`}>{words}</span>
      {works && <ProgressLine progress={progress} label={`${words}: ${report.name}`} />}
      <ProblemNote error={report.problem && toError(report.problem)} />
    </>
  );
}
