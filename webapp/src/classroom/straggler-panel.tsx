/** Laptops far behind: prepares deltas for them by itself, and tells the teacher about it. */
import { formatBytes } from "@infield/shared/base";
import type { WantedDelta } from "@infield/shared/transfer";
import { useEffect, useState } from "preact/hooks";
import { pageLink } from "../agent-link/page-link.ts";
import { openTreeStore } from "../storage/tree-store.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { WorkProgress } from "../ui/progress.tsx";
import { useWork } from "../ui/work.ts";
import { texts } from "./texts.ts";

const trees = openTreeStore();

/** The outcome of a delta that was begun here. */
interface Ended {
  readonly wanted: WantedDelta;
  /** Undefined when it was cancelled or failed. */
  readonly bytes?: number;
}

const nameOf = ({ base, target }: WantedDelta) => `${base} ${target}`;

export function StragglerPanel({ wanted }: { wanted: readonly WantedDelta[] }) {
  const work = useWork();
  const [ended, setEnded] = useState<readonly Ended[]>([]);
  const [current, setCurrent] = useState<WantedDelta>();
  const open = wanted.filter((one) => !ended.some((other) => nameOf(other.wanted) === nameOf(one)));
  const next = useKept(open);

  useEffect(() => {
    if (next === undefined || work.running) return;
    setCurrent(next);
    work.start(async (signal, report) => {
      let bytes: number | undefined;
      try {
        // The classroom needs no workers and no codec until there is a straggler.
        const [{ prepareDelta }, { createEncoder }] = await Promise.all([
          import("./prepare-delta.ts"),
          import("../delta/encoder-pool.ts"),
        ]);
        bytes = await prepareDelta(signal, next, trees, createEncoder(), pageLink, report);
      } finally {
        setEnded((before) => [...before, { wanted: next, ...(bytes !== undefined && { bytes }) }]);
      }
    });
  }, [next && nameOf(next), work.running]);

  const made = ended.findLast(({ bytes }) => bytes !== undefined);
  const left = work.running || next ? undefined : wanted[0];
  if (!work.running && !work.error && made === undefined && left === undefined) return null;
  return (
    <section class="stragglers" aria-labelledby="stragglers">
      <h2 id="stragglers">{texts.stragglers.title}</h2>
      {current && (
        <WorkProgress
          work={work}
          label={texts.stragglers.preparing(current)}
          cancel={work.cancel}
        />
      )}
      {!work.running && made?.bytes !== undefined && (
        <p role="status">{texts.stragglers.made(made.wanted, formatBytes(made.bytes))}</p>
      )}
      {left && <p class="quiet">{texts.stragglers.left(left)}</p>}
      <ProblemNote error={work.error} />
    </section>
  );
}

/** The first one for which this browser keeps both trees. */
function useKept(wanted: readonly WantedDelta[]): WantedDelta | undefined {
  const [kept, setKept] = useState<ReadonlySet<string>>(new Set());
  const names = wanted.map(nameOf).join();
  useEffect(() => {
    let stale = false;
    void findKept(wanted).then(
      (found) => {
        if (!stale) setKept(found);
      },
      // A browser that cannot store anything has no trees.
      () => {},
    );
    return () => {
      stale = true;
    };
  }, [names]);
  return wanted.find((one) => kept.has(nameOf(one)));
}

async function findKept(wanted: readonly WantedDelta[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const one of wanted) {
    if ((await trees.has(one.base)) && (await trees.has(one.target))) found.add(nameOf(one));
  }
  return found;
}
