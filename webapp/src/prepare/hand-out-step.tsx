/** The way out: a zip for a stick, or straight to the agent of this laptop. */
import { useState } from "preact/hooks";
import { handOver } from "../agent-link/hand-over.ts";
import { pageLink, useLinkState } from "../agent-link/page-link.ts";
import type { KeptChannel } from "../storage/channels.ts";
import { exportRepository } from "../storage/export.ts";
import { download } from "../ui/download.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { WorkProgress } from "../ui/progress.tsx";
import { useWork } from "../ui/work.ts";
import { Step } from "./step.tsx";
import { texts } from "./texts.ts";

export function HandOutStep({
  number,
  chosen,
}: {
  number: number;
  chosen: KeptChannel | undefined;
}) {
  const latest = chosen?.releases.at(-1)?.record.version;
  if (chosen === undefined || latest === undefined) {
    return <Step number={number} title={texts.handOut.title} waiting={texts.handOut.waiting} />;
  }
  return (
    <Step number={number} title={texts.handOut.title}>
      <p>{texts.handOut.intro(chosen.channel.name, latest)}</p>
      <div class="pair">
        <HandToAgent chosen={chosen} latest={latest} />
        <ExportZip chosen={chosen} latest={latest} />
      </div>
    </Step>
  );
}

interface HandOutProps {
  readonly chosen: KeptChannel;
  readonly latest: number;
}

function HandToAgent({ chosen, latest }: HandOutProps) {
  const work = useWork();
  const [handed, setHanded] = useState<string>();
  const { status } = useLinkState();
  const what = `${chosen.channel.id} ${latest}`;
  const hand = () =>
    work.start(async (signal, report) => {
      await handOver(signal, pageLink, chosen, ({ done, total }) => report(done, total));
      setHanded(what);
    });
  if (status === "no-token" || status === "refused")
    return <p class="quiet">{texts.handOut.noAgent}</p>;
  return (
    <div>
      <button
        type="button"
        class="primary"
        disabled={work.running || status !== "open"}
        onClick={hand}
      >
        {texts.handOut.hand}
      </button>
      <p class="quiet">{status === "open" ? texts.handOut.handWhy : texts.handOut.lost}</p>
      <WorkProgress work={work} label={texts.handOut.handing} cancel={work.cancel} />
      <ProblemNote error={work.error} />
      {handed === what && !work.running && <p role="status">{texts.handOut.handed(latest)}</p>}
    </div>
  );
}

function ExportZip({ chosen, latest }: HandOutProps) {
  const work = useWork();
  const pack = () =>
    work.start(async (signal, report) => {
      const zip = await exportRepository(signal, chosen.repository, report);
      download(zip, texts.handOut.fileName(chosen.channel.name, latest));
    });
  return (
    <div>
      <button type="button" disabled={work.running} onClick={pack}>
        {texts.handOut.export}
      </button>
      <p class="quiet">{texts.handOut.exportWhy}</p>
      <WorkProgress work={work} label={texts.handOut.exporting} cancel={work.cancel} />
      <ProblemNote error={work.error} />
    </div>
  );
}
