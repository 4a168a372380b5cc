/** Making the delta, and how much it saves. */
import type { DeltaEncoder, Level } from "@infield/shared/delta";
import { type MadeDelta, makeDelta } from "../../delta/made-delta.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { WorkProgress } from "../../ui/progress.tsx";
import { Step } from "../../ui/step.tsx";
import { useWork } from "../../ui/work.ts";
import type { ChosenTree } from "../tree/chosen-tree.ts";
import { LevelChoice } from "./level-choice.tsx";
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
    const waiting = oldTree && newTree ? texts.same : texts.waiting;
    return <Step number={number} title={texts.title} waiting={waiting} />;
  }
  const make = () => {
    setDelta(undefined);
    work.start(async (signal, report) =>
      setDelta(await makeDelta(signal, oldTree.tree, newTree.tree, level, encoder, report)),
    );
  };
  return (
    <Step number={number} title={texts.title} done={delta !== undefined}>
      {delta && (
        <>
          <p role="status">
            <strong class="figure">{texts.size(delta.blob.size, newTree.bytes)}</strong>
          </p>
          <button type="button" class="plain" onClick={() => setDelta(undefined)}>
            {texts.again}
          </button>
        </>
      )}
      {!delta && <p>{oldTree.kind === "empty" ? texts.introFull : texts.intro}</p>}
      {!delta && !work.running && (
        <>
          <LevelChoice level={level} choose={chooseLevel} />
          <button type="button" class="primary" onClick={make}>
            {texts.make}
          </button>
        </>
      )}
      <WorkProgress work={work} label={texts.making} cancel={work.cancel} />
      <ProblemNote error={work.error} />
    </Step>
  );
}
