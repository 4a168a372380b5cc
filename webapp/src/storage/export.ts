/**
 * Exports a repository as one `.zip`, which the command line and every laptop can read, and which
 * can be unpacked on a web server.
 */
import { blobName, webFiles } from "@infield/shared/records";
import {
  BlobReader,
  BlobWriter,
  Uint8ArrayReader,
  ZipWriter,
} from "@zip.js/zip.js/lib/zip-core-native.js";
import type { BrowserRepository } from "./repository.ts";

/** Blobs are compressed already, so nothing is deflated. */
const STORED = { level: 0, useWebWorkers: false } as const;

/**
 * The whole repository as a zip. `onProgress` gets the bytes done and in total. Throws AbortError.
 */
export async function exportRepository(
  signal: AbortSignal,
  repository: BrowserRepository,
  onProgress: (done: number, total: number) => void,
): Promise<Blob> {
  const files: [string, Blob][] = [];
  for (const path of await repository.paths()) {
    const blob = await repository.blob(path);
    if (blob) files.push([path, blob]);
  }
  const total = files.reduce((bytes, [, blob]) => bytes + blob.size, 0);
  const zip = new ZipWriter(new BlobWriter("application/zip"), STORED);
  let done = 0;
  for (const [path, blob] of files) {
    signal.throwIfAborted();
    await zip.add(path, new BlobReader(blob), { signal });
    done += blob.size;
    onProgress(done, total);
  }
  const roots = files.flatMap(([path]) => blobName(path) ?? []);
  for await (const [path, bytes] of webFiles(repository, roots)) {
    signal.throwIfAborted();
    await zip.add(path, new Uint8ArrayReader(bytes), { signal });
  }
  return zip.close();
}
