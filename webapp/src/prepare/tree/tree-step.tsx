/** Choosing one tree: dropped, or picked as a folder or an archive. */
import { useState } from "preact/hooks";
import type { TreeInput } from "../../tree/tree-input.ts";
import { FileButton } from "../../ui/file-button.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { WorkProgress } from "../../ui/progress.tsx";
import { Step } from "../../ui/step.tsx";
import { useWork } from "../../ui/work.ts";
import { archiveOf, folderOf } from "./chosen-files.ts";
import { type ChosenTree, NO_TREE, readTree } from "./chosen-tree.ts";
import { entriesOf, readDropped } from "./dropped.ts";
import { texts } from "./texts.ts";
import { TreeReport } from "./tree-report.tsx";

interface TreeStepProps {
  readonly number: number;
  readonly side: "old" | "new";
  readonly chosen: ChosenTree | undefined;
  readonly choose: (tree: ChosenTree | undefined) => void;
}

export function TreeStep({ number, side, chosen, choose }: TreeStepProps) {
  const work = useWork();
  const read = (find: (signal: AbortSignal) => Promise<TreeInput> | TreeInput) => {
    choose(undefined);
    work.start(async (signal, report) =>
      choose(await readTree(signal, await find(signal), report)),
    );
  };
  const intro = side === "old" ? texts.oldIntro : texts.newIntro;
  return (
    <Step number={number} title={texts[side]} done={chosen !== undefined}>
      {chosen && <Chosen tree={chosen} choose={choose} />}
      {!chosen && !work.running && (
        <>
          <p>{intro}</p>
          <DropArea read={read} />
          {side === "old" && (
            <p>
              <button type="button" onClick={() => work.start(async () => choose(NO_TREE))}>
                {texts.none}
              </button>
            </p>
          )}
        </>
      )}
      <WorkProgress work={work} label={texts.looking} cancel={work.cancel} />
      <ProblemNote error={work.error} />
    </Step>
  );
}

function Chosen({ tree, choose }: { tree: ChosenTree; choose: TreeStepProps["choose"] }) {
  return (
    <>
      <p>
        <strong class="path">{tree.name}</strong>{" "}
        {tree.kind === "empty" ? "" : `– ${texts.chosen(tree.files, tree.bytes)}`}
      </p>
      {tree.kind === "empty" && <p class="quiet">{texts.noneMeaning}</p>}
      {tree.kind === "folder" && <p class="quiet">{texts.guessed}</p>}
      <TreeReport chosen={tree} choose={choose} />
      <button type="button" class="plain" onClick={() => choose(undefined)}>
        {texts.change}
      </button>
    </>
  );
}

function DropArea({
  read,
}: {
  read: (find: (signal: AbortSignal) => Promise<TreeInput> | TreeInput) => void;
}) {
  const [over, setOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const entries = event.dataTransfer ? entriesOf(event.dataTransfer.items) : [];
    read((signal) => readDropped(signal, entries));
  };
  const onDragOver = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside do the same
    <div
      class={over ? "drop over" : "drop"}
      onDragOver={onDragOver}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <p>{texts.drop}</p>
      <div class="buttons">
        <FileButton
          label={texts.chooseFolder}
          folder
          onFiles={(files) => read(() => folderOf(files))}
        />
        <FileButton
          label={texts.chooseFile}
          accept=".tar,.gz,.tgz,.xz,.txz,.zst,.tzst,.bz2,.tbz,.zip"
          onFiles={([file]) => file && read(() => archiveOf(file))}
        />
      </div>
      <p class="quiet">{texts.formats}</p>
    </div>
  );
}
