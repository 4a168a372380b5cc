/** A repository's folder as the `.zip` that the page brings in. */
import { openAsBlob, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { BlobReader, BlobWriter, ZipWriter } from "@zip.js/zip.js/lib/zip-core-native.js";

export async function zipFolder(folder: string, file: string): Promise<void> {
  const zip = new ZipWriter(new BlobWriter("application/zip"), { level: 0, useWebWorkers: false });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await zip.add(relative(folder, path), new BlobReader(await openAsBlob(path)));
  }
  await writeFile(file, (await zip.close()).stream());
}
