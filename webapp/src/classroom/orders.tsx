/** What a teacher may order of one laptop, or the sentence why not. */
import type { Report } from "@infield/shared";
import { useState } from "preact/hooks";
import { pageLink } from "../agent-link/page-link.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { useWork } from "../ui/work.ts";
import { Confirm } from "./confirm.tsx";
import { texts } from "./texts.ts";
import { rollBackTarget } from "./words.ts";

interface OrdersProps {
  readonly report: Report;
  /** Why it takes no orders from here, if so. */
  readonly reason?: string | undefined;
}

export function Orders({ report, reason }: OrdersProps) {
  const [asking, setAsking] = useState(false);
  const work = useWork();
  if (reason !== undefined) return <p class="quiet">{reason}</p>;
  const order = (type: "roll-back" | "resume") =>
    work.start((signal) => pageLink.ask({ type, laptop: report.id }, { signal }));
  if (report.state === "held") {
    return (
      <>
        <OrderButton
          label={texts.resume}
          report={report}
          disabled={work.running}
          onClick={() => order("resume")}
        />
        <ProblemNote error={work.error} />
      </>
    );
  }
  const target = rollBackTarget(report);
  if (typeof target === "string") return <p class="quiet">{target}</p>;
  return (
    <>
      <OrderButton
        label={texts.rollBack}
        report={report}
        disabled={work.running}
        onClick={() => setAsking(true)}
      />
      <ProblemNote error={work.error} />
      {asking && (
        <Confirm
          title={texts.confirm.title(report.name)}
          body={texts.confirm.body(report.version, target)}
          yes={texts.confirm.yes(target)}
          no={texts.confirm.no}
          onYes={() => order("roll-back")}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

/** Thirty buttons of one label are told apart by the laptop's name, for whoever hears them read out. */
function OrderButton(props: { label: string; report: Report; disabled: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={`${props.label}: ${props.report.name}`}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.label}
    </button>
  );
}
