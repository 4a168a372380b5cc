/** Making the delta, by all processors of this computer, and what it saves. */
import type { DeltaEncoder, Level } from "@infield/shared/delta";
import { ProblemNote } from "../ui/problem.tsx";
import { WorkProgress } from "../ui/progress.tsx";
import { useWork } from "../ui/work.ts";
import type { ChosenTree } from "./chosen-tree.ts";
import { LevelChoice } from "./level-choice.tsx";
import { type MadeDelta, makeDelta } from "./made-delta.ts";
import { Step } from "./step.tsx";
import { texts } from "./texts.ts";

interface DeltaStepProps {
  readonly number: number;
  readonly encoder: DeltaEncoder;
  readonly oldTree: ChosenTree | undefined;
  readonly newTree: ChosenTree | undefined;
  readonly level: Level;
  readonly chooseLevel: (level: Level) => void;
  readonly delta: MadeDelta | undefined;
  readonly setDelta: (delta: MadeDelta | undefined) => void;
}

export function DeltaStep(props: DeltaStepProps) {
  const { number, encoder, oldTree, newTree, level, chooseLevel, delta, setDelta } = props;
  const work = useWork();
  if (oldTree === undefined || newTree === undefined || oldTree.id === newTree.id) {
    const waiting = oldTree && newTree ? texts.delta.same : texts.delta.waiting;
    return <Step number={number} title={texts.delta.title} waiting={waiting} />;
  }
  const make = () => {
    setDelta(undefined);
    work.start(async (signal, report) =>
      setDelta(await makeDelta(signal, oldTree.tree, newTree.tree, level, encoder, report)),
    );
  };
  return (
    <Step number={number} title={texts.delta.title} done={delta !== undefined}>
      {delta && (
        <>
          <p role="status">
            <strong class="figure">{texts.delta.size(delta.blob.size, newTree.bytes)}</strong>
          </p>
          <button type="button" class="plain" onClick={() => setDelta(undefined)}>
            {texts.delta.again}
          </button>
        </>
      )}
      {!delta && <p>{oldTree.kind === "empty" ? texts.delta.introFull : texts.delta.intro}</p>}
      {!delta && !work.running && (
        <>
          <LevelChoice level={level} choose={chooseLevel} />
          <button type="button" class="primary" onClick={make}>
            {texts.delta.make}
          </button>
        </>
      )}
      <WorkProgress work={work} label={texts.delta.making} cancel={work.cancel} />
      <ProblemNote error={work.error} />
    </Step>
  );
}
