/** Choosing the channel: one in this browser, a new one, or one imported from a zip. */
import { openZipRepository } from "@infield/shared/records";
import { blobSource } from "@infield/shared/tree";
import { useState } from "preact/hooks";
import {
  type Channels,
  type Storage,
  type StoredChannel,
  startChannel,
} from "../../storage/channels.ts";
import { importRepository } from "../../storage/import.ts";
import { spoolToBlob } from "../../tree/blob-spool.ts";
import { FileButton } from "../../ui/file-button.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { WorkProgress } from "../../ui/progress.tsx";
import { Step } from "../../ui/step.tsx";
import { useWork, type Work } from "../../ui/work.ts";
import { BrokenChannels } from "./broken-channels.tsx";
import { ChannelNote } from "./channel-note.tsx";
import { texts } from "./texts.ts";

interface ChannelStepProps {
  readonly number: number;
  readonly storage: Storage;
  readonly channels: Channels;
  readonly chosen: StoredChannel | undefined;
  /** Lists the channels of this browser again, and chooses one. */
  readonly choose: (id: string | undefined) => Promise<void>;
}

export function ChannelStep({ number, storage, channels, chosen, choose }: ChannelStepProps) {
  const work = useWork();
  const [fresh, setFresh] = useState(false);
  const [skipped, setSkipped] = useState(0);
  const naming = fresh || channels.kept.length === 0;
  const start = (name: string) =>
    work.start(async () => {
      await navigator.storage?.persist();
      await choose(await startChannel(storage, name));
      setFresh(false);
    });
  const endImport = (left: number) => {
    setFresh(false);
    setSkipped(left);
  };
  return (
    <Step number={number} title={texts.title} done={chosen?.key !== undefined && !naming}>
      <p>{texts.intro}</p>
      {channels.kept.length > 0 && (
        <ChannelSelect
          channels={channels.kept}
          value={naming ? "new" : (chosen?.channel.id ?? "")}
          pick={(value) => {
            setFresh(value === "new");
            setSkipped(0);
            work.start(() => choose(value === "new" || value === "" ? undefined : value));
          }}
        />
      )}
      {naming ? (
        <NewChannel start={start} />
      ) : (
        chosen && <ChannelNote storage={storage} chosen={chosen} work={work} choose={choose} />
      )}
      {naming && <ImportZip storage={storage} work={work} choose={choose} done={endImport} />}
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
        <option value="">{texts.pick}</option>
        {channels.map(({ channel }) => (
          <option key={channel.id} value={channel.id}>
            {channel.name}
          </option>
        ))}
        <option value="new">{texts.fresh}</option>
      </select>
    </label>
  );
}

function NewChannel({ start }: { start: (name: string) => void }) {
  const [name, setName] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name.trim() !== "") start(name.trim());
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
      <button type="submit">{texts.start}</button>
    </form>
  );
}

function ImportZip(props: {
  storage: Storage;
  work: Work;
  choose: (id: string) => Promise<void>;
  done: (skipped: number) => void;
}) {
  const { storage, work, choose, done } = props;
  const importZip = (file: File) =>
    work.start(async (signal, report) => {
      await navigator.storage?.persist();
      const repository = await openZipRepository(blobSource(file), file.name, spoolToBlob, signal);
      try {
        const { channel, skipped } = await importRepository(
          signal,
          repository,
          storage.files,
          report,
        );
        await choose(channel.id);
        done(skipped);
      } finally {
        await repository.close();
      }
    });
  return (
    <div class="aside">
      <p class="quiet">{texts.importWhy}</p>
      <FileButton
        label={texts.importZip}
        accept=".zip"
        onFiles={([file]) => file && importZip(file)}
      />
    </div>
  );
}
