/** Out of the browser: straight to this laptop's agent, or as a zip. */
import { useState } from "preact/hooks";
import { handOver } from "../../agent-link/hand-over.ts";
import { pageLink, useLinkState } from "../../agent-link/page-link.ts";
import type { StoredChannel } from "../../storage/channels.ts";
import { exportRepository } from "../../storage/export.ts";
import { CodeText } from "../../ui/code-text.tsx";
import { download } from "../../ui/download.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { WorkProgress } from "../../ui/progress.tsx";
import { Step } from "../../ui/step.tsx";
import { useWork } from "../../ui/work.ts";
import { texts } from "./texts.ts";

export function HandOutStep({
  number,
  chosen,
}: {
  number: number;
  chosen: StoredChannel | undefined;
}) {
  const latest = chosen?.releases.at(-1)?.record.version;
  if (chosen === undefined || latest === undefined) {
    return <Step number={number} title={texts.title} waiting={texts.waiting} />;
  }
  return (
    <Step number={number} title={texts.title}>
      <p>{texts.intro(chosen.channel.name, latest)}</p>
      <div class="pair">
        <HandToAgent chosen={chosen} latest={latest} />
        <ExportZip chosen={chosen} latest={latest} />
      </div>
    </Step>
  );
}

interface HandOutProps {
  readonly chosen: StoredChannel;
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
    return (
      <p class="quiet">
        <CodeText text={texts.noAgent} />
      </p>
    );
  return (
    <div>
      <button
        type="button"
        class="primary"
        disabled={work.running || status !== "open"}
        onClick={hand}
      >
        {texts.hand}
      </button>
      <p class="quiet">{status === "open" ? texts.handWhy : texts.lost}</p>
      <WorkProgress work={work} label={texts.handing} cancel={work.cancel} />
      <ProblemNote error={work.error} />
      {handed === what && !work.running && <p role="status">{texts.handed(latest)}</p>}
    </div>
  );
}

function ExportZip({ chosen, latest }: HandOutProps) {
  const work = useWork();
  const pack = () =>
    work.start(async (signal, report) => {
      const zip = await exportRepository(signal, chosen.repository, report);
      download(zip, texts.fileName(chosen.channel.name, latest));
    });
  return (
    <div>
      <button type="button" disabled={work.running} onClick={pack}>
        {texts.export}
      </button>
      <p class="quiet">{texts.exportWhy}</p>
      <WorkProgress work={work} label={texts.exporting} cancel={work.cancel} />
      <ProblemNote error={work.error} />
    </div>
  );
}
