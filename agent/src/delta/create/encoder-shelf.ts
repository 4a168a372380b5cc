/**
 * Where coded groups wait for the header that goes before them: one temporary file, as a delta may
 * be larger than memory.
 */
import type { FileHandle } from "node:fs/promises";
import { type ByteSource, sliceSource } from "@infield/shared/tree";
import { handleSource } from "../../host/file-source.ts";
import { openTempFile, writeAt } from "../../host/temp-file.ts";

interface Shelf {
  /** Writes a record; it can be read until the shelf is closed. Throws `no-space`, `io-failed`. */
  keep(record: Uint8Array): Promise<ByteSource>;
  close(): Promise<void>;
}

/** A shelf whose file is made when the first record comes. */
export function openShelf(): Shelf {
  let opening: Promise<FileHandle> | undefined;
  let end = 0;
  return {
    async keep(record) {
      opening ??= openTempFile();
      const start = end;
      end += record.length;
      const file = await opening;
      await writeAt(file, record, start);
      return sliceSource(
        await handleSource(file, "a coded part of the delta"),
        start,
        record.length,
      );
    },
    async close() {
      // Whoever waited for the file was told why there is none.
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
