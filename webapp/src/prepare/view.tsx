/**
 * The volunteer's view, top to bottom: old tree → new tree → what changed → delta → channel →
 * release → hand out.
 */
import type { Level } from "@infield/shared/delta";
import { useEffect, useState } from "preact/hooks";
import { createEncoder } from "../delta/encoder-pool.ts";
import type { MadeDelta } from "../delta/made-delta.ts";
import { type Channels, listChannels, openStorage } from "../storage/channels.ts";
import { openTreeStore } from "../storage/tree-store.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { useWork } from "../ui/work.ts";
import { ChangesStep } from "./changes/changes-step.tsx";
import { ChannelStep } from "./channel/channel-step.tsx";
import { DeltaStep } from "./delta/delta-step.tsx";
import { loadLevel, saveLevel } from "./delta/saved-level.ts";
import { HandOutStep } from "./hand-out/hand-out-step.tsx";
import type { ChosenTree } from "./tree/chosen-tree.ts";
import "./prepare.css";
import { ReleaseStep } from "./release/release-step.tsx";
import { texts } from "./texts.ts";
import { TreeStep } from "./tree/tree-step.tsx";

const storage = openStorage();
const trees = openTreeStore();
const encoder = createEncoder();

export function PrepareView() {
  const { oldTree, newTree, chooseOld, chooseNew, delta, setDelta } = useTrees();
  const { level, chooseLevel } = useLevel();
  const { channels, chosen, choose, error } = useChannels();
  return (
    <div class="prepare">
      <h1>{texts.title}</h1>
      <p class="lead">{texts.intro}</p>
      <TreeStep number={1} side="old" chosen={oldTree} choose={chooseOld} />
      <TreeStep number={2} side="new" chosen={newTree} choose={chooseNew} />
      <ChangesStep number={3} oldTree={oldTree} newTree={newTree} />
      <DeltaStep
        key={`${oldTree?.id} ${newTree?.id}`}
        number={4}
        {...{ encoder, oldTree, newTree, level, chooseLevel, delta, setDelta }}
      />
      <ChannelStep number={5} {...{ storage, channels, chosen, choose }} />
      <ProblemNote error={error} />
      <ReleaseStep
        number={6}
        {...{ storage, trees, encoder, oldTree, newTree, level, delta, chosen }}
        onSigned={() => choose(chosen?.channel.id)}
      />
      <HandOutStep number={7} chosen={chosen} />
    </div>
  );
}

/** Both trees and the delta between them, which is dropped when either tree changes. */
function useTrees() {
  const [oldTree, setOld] = useState<ChosenTree>();
  const [newTree, setNew] = useState<ChosenTree>();
  const [delta, setDelta] = useState<MadeDelta>();
  const replace = (before: ChosenTree | undefined, set: (tree: ChosenTree | undefined) => void) => {
    return (tree: ChosenTree | undefined) => {
      // Making programs executable does not read it again.
      if (before?.input !== tree?.input) void before?.input.close();
      setDelta(undefined);
      set(tree);
    };
  };
  return {
    oldTree,
    newTree,
    chooseOld: replace(oldTree, setOld),
    chooseNew: replace(newTree, setNew),
    delta,
    setDelta,
  };
}

/** The level chosen at the last visit. */
function useLevel() {
  const [level, setLevel] = useState(() => loadLevel(localStorage));
  const chooseLevel = (chosen: Level) => {
    saveLevel(localStorage, chosen);
    setLevel(chosen);
  };
  return { level, chooseLevel };
}

/** The channels of this browser, from earlier visits. If there is only one, it is chosen. */
function useChannels() {
  const [channels, setChannels] = useState<Channels>({ kept: [], broken: [] });
  const [chosenId, setChosenId] = useState<string>();
  const { start, error } = useWork();
  const choose = async (id: string | undefined) => {
    setChannels(await listChannels(storage));
    setChosenId(id);
  };
  useEffect(() => {
    start(async () => {
      const found = await listChannels(storage);
      setChannels(found);
      if (found.kept.length === 1) setChosenId(found.kept[0]?.channel.id);
    });
  }, []);
  return {
    channels,
    chosen: channels.kept.find(({ channel }) => channel.id === chosenId),
    choose,
    error,
  };
}
