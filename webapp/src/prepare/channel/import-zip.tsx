/** Imports a channel from a zip that was exported elsewhere. */
import { openZipRepository } from "@infield/shared/records";
import { blobSource } from "@infield/shared/tree";
import type { PageStorage } from "../../storage/channels.ts";
import { importRepository } from "../../storage/import.ts";
import { spoolToBlob } from "../../tree/blob-spool.ts";
import { FileButton } from "../../ui/file-button.tsx";
import type { Work } from "../../ui/work.ts";
import { texts } from "./texts.ts";

export function ImportZip(props: {
  storage: PageStorage;
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
