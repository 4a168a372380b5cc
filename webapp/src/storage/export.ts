/** A repository out of this browser, as one `.zip` that the command line and every laptop read. */
import { BlobReader, BlobWriter, ZipWriter } from "@zip.js/zip.js/lib/zip-core-native.js";
import type { BrowserRepository } from "./repository.ts";

/** Blobs are compressed already: nothing is deflated. */
const STORED = { level: 0, useWebWorkers: false } as const;

/** The whole repository as a zip. `onProgress` hears bytes done of bytes to do. Throws AbortError. */
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
  return zip.close();
}
