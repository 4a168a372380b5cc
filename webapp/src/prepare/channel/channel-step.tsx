/** Choosing the channel: one in this browser, a new one, or one imported from a zip. */
import { useState } from "preact/hooks";
import {
  type Channels,
  createChannel,
  type PageStorage,
  type StoredChannel,
} from "../../storage/channels.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { WorkProgress } from "../../ui/progress.tsx";
import { Step } from "../../ui/step.tsx";
import { useWork } from "../../ui/work.ts";
import { BrokenChannels } from "./broken-channels.tsx";
import { ChannelNote } from "./channel-note.tsx";
import { ImportZip } from "./import-zip.tsx";
import { texts } from "./texts.ts";

interface ChannelStepProps {
  readonly number: number;
  readonly storage: PageStorage;
  readonly channels: Channels;
  readonly chosen: StoredChannel | undefined;
  /** Lists the channels of this browser again, and chooses one. */
  readonly choose: (id: string | undefined) => Promise<void>;
}

export function ChannelStep({ number, storage, channels, chosen, choose }: ChannelStepProps) {
  const work = useWork();
  const [newWanted, setNewWanted] = useState(false);
  const [skipped, setSkipped] = useState(0);
  const creating = newWanted || channels.kept.length === 0;
  const create = (name: string) =>
    work.start(async () => {
      await navigator.storage?.persist();
      await choose(await createChannel(storage, name));
      setNewWanted(false);
    });
  const endImport = (left: number) => {
    setNewWanted(false);
    setSkipped(left);
  };
  return (
    <Step number={number} title={texts.title} done={chosen?.key !== undefined && !creating}>
      <p>{texts.intro}</p>
      {channels.kept.length > 0 && (
        <ChannelSelect
          channels={channels.kept}
          value={creating ? "new" : (chosen?.channel.id ?? "")}
          pick={(value) => {
            setNewWanted(value === "new");
            setSkipped(0);
            work.start(() => choose(value === "new" || value === "" ? undefined : value));
          }}
        />
      )}
      {creating ? (
        <NewChannel create={create} />
      ) : (
        chosen && <ChannelNote storage={storage} chosen={chosen} work={work} choose={choose} />
      )}
      {creating && <ImportZip storage={storage} work={work} choose={choose} done={endImport} />}
      <WorkProgress work={work} label={texts.importing} cancel={work.cancel} />
      {skipped > 0 && <p role="status">{texts.skipped(skipped)}</p>}
      <ProblemNote error={work.error} />
      <BrokenChannels
        broken={channels.broken}
        {...{ storage, work, choose }}
        chosenId={chosen?.channel.id}
      />
    </Step>
  );
}

function ChannelSelect(props: {
  channels: readonly StoredChannel[];
  value: string;
  pick: (value: string) => void;
}) {
  const { channels, value, pick } = props;
  return (
    <label class="field">
      {texts.select}
      <select value={value} onChange={(event) => pick(event.currentTarget.value)}>
        <option value="">{texts.choose}</option>
        {channels.map(({ channel }) => (
          <option key={channel.id} value={channel.id}>
            {channel.name}
          </option>
        ))}
        <option value="new">{texts.newChannel}</option>
      </select>
    </label>
  );
}

function NewChannel({ create }: { create: (name: string) => void }) {
  const [name, setName] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name.trim() !== "") create(name.trim());
  };
  return (
    <form class="field" onSubmit={submit}>
      <label>
        {texts.name}
        <input
          type="text"
          maxLength={80}
          required
          placeholder={texts.namePlaceholder}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit">{texts.create}</button>
    </form>
  );
}
