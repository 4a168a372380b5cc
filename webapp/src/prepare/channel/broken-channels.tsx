/**
 * Channels in this browser that cannot be opened, each with its problem; the others stay usable.
 */
import { type BrokenChannel, deleteChannel, type PageStorage } from "../../storage/channels.ts";
import { ProblemText } from "../../ui/problem.tsx";
import { toInfieldError } from "../../ui/to-infield-error.ts";
import type { Work } from "../../ui/work.ts";
import { DeleteButton } from "./delete-button.tsx";
import { texts } from "./texts.ts";

interface BrokenChannelsProps {
  readonly storage: PageStorage;
  readonly broken: readonly BrokenChannel[];
  readonly work: Work;
  /** The channel that stays chosen. */
  readonly chosenId: string | undefined;
  readonly choose: (id: string | undefined) => Promise<void>;
}

export function BrokenChannels({ storage, broken, work, chosenId, choose }: BrokenChannelsProps) {
  const remove = (id: string) =>
    work.start(async () => {
      await deleteChannel(storage, id);
      await choose(chosenId);
    });
  return broken.map(({ id, error }) => {
    const name = texts.nameless(id);
    return (
      <div class="aside" key={id}>
        <p>{texts.broken(name)}</p>
        <ProblemText error={toInfieldError(error)} />
        <DeleteButton name={name} body={texts.deleteBroken} onDelete={() => remove(id)} />
      </div>
    );
  });
}
