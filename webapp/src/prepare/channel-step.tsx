/** Choosing the channel: one of this browser, a new one, or one brought along from elsewhere. */
import { formatKeyFile, InfieldError, parseKeyFile } from "@infield/shared";
import { useState } from "preact/hooks";
import { openTree } from "../codec/open-tree.ts";
import { type KeptChannel, type Storage, startChannel } from "../storage/channels.ts";
import { importRepository } from "../storage/import.ts";
import { keepKey } from "../storage/keys.ts";
import { download } from "../ui/download.ts";
import { FileButton } from "../ui/file-button.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { WorkProgress } from "../ui/progress.tsx";
import { useWork, type Work } from "../ui/work.ts";
import { archiveOf } from "./chosen-files.ts";
import { Step } from "./step.tsx";
import { texts } from "./texts.ts";

interface ChannelStepProps {
  readonly number: number;
  readonly storage: Storage;
  readonly channels: readonly KeptChannel[];
  readonly chosen: KeptChannel | undefined;
  /** Reads the channels of this browser again, and chooses one. */
  readonly choose: (id: string | undefined) => Promise<void>;
}

export function ChannelStep({ number, storage, channels, chosen, choose }: ChannelStepProps) {
  const work = useWork();
  const [fresh, setFresh] = useState(false);
  const naming = fresh || channels.length === 0;
  const start = (name: string) =>
    work.start(async () => {
      await navigator.storage?.persist();
      await choose(await startChannel(storage, name));
      setFresh(false);
    });
  return (
    <Step number={number} title={texts.channel.title} done={chosen?.key !== undefined && !naming}>
      <p>{texts.channel.intro}</p>
      {channels.length > 0 && (
        <ChannelSelect
          channels={channels}
          value={naming ? "new" : (chosen?.channel.id ?? "")}
          pick={(value) => {
            setFresh(value === "new");
            work.start(() => choose(value === "new" || value === "" ? undefined : value));
          }}
        />
      )}
      {naming ? (
        <NewChannel start={start} />
      ) : (
        chosen && <ChannelNote storage={storage} chosen={chosen} work={work} choose={choose} />
      )}
      {naming && <BringIn storage={storage} work={work} choose={choose} done={() => setFresh(false)} />}
      <WorkProgress work={work} label={texts.channel.importing} cancel={work.cancel} />
      <ProblemNote error={work.error} />
    </Step>
  );
}

function ChannelSelect(props: {
  channels: readonly KeptChannel[];
  value: string;
  pick: (value: string) => void;
}) {
  const { channels, value, pick } = props;
  return (
    <label class="field">
      {texts.channel.select}
      <select value={value} onChange={(event) => pick(event.currentTarget.value)}>
        <option value="">{texts.channel.pick}</option>
        {channels.map(({ channel }) => (
          <option key={channel.id} value={channel.id}>
            {channel.name}
          </option>
        ))}
        <option value="new">{texts.channel.fresh}</option>
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
        {texts.channel.name}
        <input
          type="text"
          maxLength={80}
          required
          placeholder={texts.channel.namePlaceholder}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit">{texts.channel.start}</button>
    </form>
  );
}

function ChannelNote(props: {
  storage: Storage;
  chosen: KeptChannel;
  work: Work;
  choose: (id: string) => Promise<void>;
}) {
  const { storage, chosen, work, choose } = props;
  const { channel, key, releases } = chosen;
  const saveKey = () => {
    if (key) download(new Blob([formatKeyFile(key)]), texts.handOut.keyFileName(key.publicKey.id));
  };
  const useKeyFile = (file: File) =>
    work.start(async () => {
      const given = parseKeyFile(await file.text());
      if (!channel.release.keys.some(({ id }) => id === given.publicKey.id)) throw wrongKey();
      await keepKey(storage.keys, given);
      await choose(channel.id);
    });
  return (
    <>
      <p>
        {texts.channel.latest(releases.at(-1)?.record.version ?? 0)} {key && texts.channel.keyHere}
      </p>
      <p class="quiet">
        {texts.channel.id}: <code>{channel.id}</code>
      </p>
      <p class="quiet">{key ? texts.channel.keyWhy : texts.channel.keyMissing}</p>
      {key ? (
        <button type="button" onClick={saveKey}>
          {texts.channel.saveKey}
        </button>
      ) : (
        <FileButton label={texts.channel.useKey} onFiles={([file]) => file && useKeyFile(file)} />
      )}
    </>
  );
}

function BringIn(props: {
  storage: Storage;
  work: Work;
  choose: (id: string) => Promise<void>;
  done: () => void;
}) {
  const { storage, work, choose, done } = props;
  const bringIn = (file: File) =>
    work.start(async (signal, report) => {
      await navigator.storage?.persist();
      const tree = await openTree(signal, archiveOf(file), ({ doneBytes, totalBytes }) =>
        report(doneBytes, totalBytes),
      );
      try {
        const { id } = await importRepository(signal, tree, storage.files);
        await choose(id);
        done();
      } finally {
        await tree.close();
      }
    });
  return (
    <div class="aside">
      <p class="quiet">{texts.channel.bringInWhy}</p>
      <FileButton label={texts.channel.bringIn} accept=".zip" onFiles={([file]) => file && bringIn(file)} />
    </div>
  );
}

function wrongKey(): InfieldError {
  return new InfieldError(
    "key-invalid",
    "this key is not one that may release on the channel",
    "use the key file that was saved for this channel",
  );
}
