/** The orders a teacher can give to one laptop, or why there are none. */
import type { Report } from "@infield/shared/transfer";
import { useId, useState } from "preact/hooks";
import { pageLink } from "../agent-link/page-link.ts";
import { Confirm } from "../ui/confirm.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { useWork } from "../ui/work.ts";
import { isWorking } from "./describe.ts";
import { texts } from "./texts.ts";
import { isHeld } from "./update-stage.ts";
import { useKeptFocus } from "./use-kept-focus.ts";

interface OrdersProps {
  readonly report: Report;
  /** Why it takes no orders from here, if it does not. */
  readonly reason?: string | undefined;
}

export function Orders({ report, reason }: OrdersProps) {
  const work = useWork();
  const { place, keep } = useKeptFocus();
  const order = (what: LaptopOrder) => {
    keep();
    work.start((signal) => pageLink.ask({ ...what, laptop: report.id }, { signal }));
  };
  return (
    <div class="orders" ref={place} tabIndex={-1}>
      {reason !== undefined ? (
        <p class="quiet">{reason}</p>
      ) : (
        <OrderChoice report={report} disabled={work.running} order={order} />
      )}
      <ProblemNote error={work.error} />
      {work.error?.code === "data-format" && reason === undefined && (
        <ForceBack report={report} onConfirm={() => order({ type: "roll-back", force: true })} />
      )}
    </div>
  );
}

type LaptopOrder =
  | { readonly type: "resume" }
  | { readonly type: "roll-back"; readonly force?: true };

interface OrderChoiceProps {
  readonly report: Report;
  readonly disabled: boolean;
  readonly order: (what: LaptopOrder) => void;
}

/** The one order that makes sense now. */
function OrderChoice({ report, disabled, order }: OrderChoiceProps) {
  if (isHeld(report)) {
    return (
      <OrderButton
        label={texts.resume}
        report={report}
        disabled={disabled}
        onClick={() => order({ type: "resume" })}
      />
    );
  }
  if (isWorking(report)) return <p class="quiet">{texts.busy}</p>;
  if (report.previous === undefined) {
    return (
      <p class="quiet nothing">
        <span>{texts.nothingEarlier}</span>
      </p>
    );
  }
  return (
    <RollBack
      report={report}
      target={report.previous}
      disabled={disabled}
      onConfirm={() => order({ type: "roll-back" })}
    />
  );
}

function RollBack(props: {
  report: Report;
  target: number;
  disabled: boolean;
  onConfirm: () => void;
}) {
  const { report, target, disabled, onConfirm } = props;
  const [asking, setAsking] = useState(false);
  const id = useId();
  return (
    <>
      <OrderButton
        label={texts.rollBack}
        report={report}
        disabled={disabled}
        describedBy={id}
        onClick={() => setAsking(true)}
      />{" "}
      <span class="quiet target" id={id}>
        {texts.rollBackTo(target)}
      </span>
      {asking && (
        <Confirm
          title={texts.confirm.title(report.name)}
          body={texts.confirm.body(report.version, target)}
          yes={texts.confirm.yes(target)}
          no={texts.confirm.no}
          onYes={onConfirm}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

/**
 * The second confirmation: the laptop has refused, as the earlier version's programs may not be
 * able to read what people have made since.
 */
function ForceBack({ report, onConfirm }: { report: Report; onConfirm: () => void }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <OrderButton
        label={texts.force.order}
        report={report}
        disabled={false}
        onClick={() => setAsking(true)}
      />
      {asking && (
        <Confirm
          title={texts.force.title(report.name)}
          body={texts.force.body}
          yes={texts.force.yes}
          no={texts.confirm.no}
          onYes={onConfirm}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

interface OrderButtonProps {
  readonly label: string;
  readonly report: Report;
  readonly disabled: boolean;
  readonly describedBy?: string;
  readonly onClick: () => void;
}

/** A screen reader tells thirty buttons with the same label apart by the laptop's name. */
function OrderButton({ label, report, disabled, describedBy, onClick }: OrderButtonProps) {
  return (
    <button
      type="button"
      aria-label={`${label}: ${report.name}`}
      aria-describedby={describedBy}
      disabled={disabled}
      onClick={onClick}
    >
      {label}
    </button>
  );
}
