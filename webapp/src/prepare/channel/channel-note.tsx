/** The chosen channel: its newest version, where its key is, and a way to delete it. */
import { InfieldError } from "@infield/shared/base";
import { formatKeyFile, parseKeyFile } from "@infield/shared/records";
import { deleteChannel, type PageStorage, type StoredChannel } from "../../storage/channels.ts";
import { markKeySaved, storeKey } from "../../storage/keys.ts";
import { download } from "../../ui/download.ts";
import { FileButton } from "../../ui/file-button.tsx";
import type { Work } from "../../ui/work.ts";
import { DeleteButton } from "./delete-button.tsx";
import { texts } from "./texts.ts";

interface ChannelNoteProps {
  readonly storage: PageStorage;
  readonly chosen: StoredChannel;
  readonly work: Work;
  readonly choose: (id: string | undefined) => Promise<void>;
}

export function ChannelNote({ storage, chosen, work, choose }: ChannelNoteProps) {
  const { channel, key, releases } = chosen;
  const saveKey = () =>
    work.start(async () => {
      if (key === undefined) return;
      download(new Blob([formatKeyFile(key)]), texts.keyFileName(key.publicKey.id));
      await markKeySaved(storage.keys, key);
      await choose(channel.id);
    });
  const useKeyFile = (file: File) =>
    work.start(async () => {
      const given = parseKeyFile(await file.text());
      if (!channel.release.keys.some(({ id }) => id === given.publicKey.id)) throw wrongKey();
      await storeKey(storage.keys, given);
      await markKeySaved(storage.keys, given);
      await choose(channel.id);
    });
  const remove = () =>
    work.start(async () => {
      await deleteChannel(storage, channel.id);
      await choose(undefined);
    });
  return (
    <>
      <p>
        {texts.latest(releases.at(-1)?.record.version ?? 0)} {key && texts.keyHere}
      </p>
      <p class="quiet">
        {texts.id}: <code>{channel.id}</code>
      </p>
      <p class="quiet">{key ? texts.keyWhy : texts.keyMissing}</p>
      <div class="buttons">
        {key ? (
          <button type="button" onClick={saveKey}>
            {texts.saveKey}
          </button>
        ) : (
          <FileButton label={texts.useKey} onFiles={([file]) => file && useKeyFile(file)} />
        )}
        <DeleteButton
          name={texts.named(channel.name)}
          body={whatIsLost(chosen)}
          onDelete={remove}
        />
      </div>
    </>
  );
}

function whatIsLost({ key, keySaved }: StoredChannel): string {
  if (key === undefined) return texts.deleteWithoutKey;
  return keySaved ? texts.deleteSavedKey : texts.deleteUnsavedKey;
}

function wrongKey(): InfieldError {
  return new InfieldError(
    "key-invalid",
    "this key cannot sign releases on this channel",
    "choose the key file that was saved for this channel",
  );
}
