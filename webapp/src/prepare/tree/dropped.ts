/** What was dropped onto the page, as a tree: one folder, walked completely, or one archive. */
import { InfieldError, MAX_ENTRIES } from "@infield/shared/base";
import type { FolderInput, TreeInput } from "../../tree/tree-input.ts";

/** The parts of the browser's entries that are used, so that tests can walk made-up folders. */
export interface DroppedFile {
  readonly isFile: true;
  readonly isDirectory: false;
  readonly name: string;
  file(found: (file: File) => void, failed: (error: DOMException) => void): void;
}
export interface DroppedFolder {
  readonly isFile: false;
  readonly isDirectory: true;
  readonly name: string;
  createReader(): {
    readEntries(
      found: (entries: DroppedEntry[]) => void,
      failed: (error: DOMException) => void,
    ): void;
  };
}
export type DroppedEntry = DroppedFile | DroppedFolder;

/** Must be called while the drop event is being handled: afterwards its items are gone. */
export function entriesOf(items: DataTransferItemList): DroppedEntry[] {
  return [...items].flatMap((item) => {
    const entry: unknown = item.webkitGetAsEntry();
    return isDropped(entry) ? entry : [];
  });
}

/**
 * Throws `not-a-tree` unless exactly one item was dropped, `unreadable-file`, `limit-exceeded`,
 * AbortError.
 */
export async function readDropped(
  signal: AbortSignal,
  entries: readonly DroppedEntry[],
): Promise<TreeInput> {
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw new InfieldError(
      "not-a-tree",
      entries.length > 1
        ? `${entries.length} items were dropped`
        : "what was dropped is not a file or a folder",
      "drop one folder, or one .zip or .tar (also .gz, .xz, .zst, .bz2)",
    );
  }
  if (entry.isDirectory) return walkFolder(signal, entry);
  return { kind: "archive", name: entry.name, file: await readFile(entry) };
}

async function walkFolder(signal: AbortSignal, root: DroppedFolder): Promise<FolderInput> {
  const files: { path: string; file: File }[] = [];
  const folders: string[] = [];
  const pending = [{ folder: root, prefix: "" }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { folder, prefix } = next;
    for await (const batch of batchesOf(folder)) {
      signal.throwIfAborted();
      const here = batch.filter((entry) => entry.isFile);
      files.push(...(await Promise.all(here.map((entry) => readPath(entry, prefix)))));
      for (const entry of batch) {
        if (!entry.isDirectory) continue;
        folders.push(prefix + entry.name);
        pending.push({ folder: entry, prefix: `${prefix}${entry.name}/` });
      }
      checkCount(files.length + folders.length);
    }
  }
  return { kind: "folder", name: root.name, files, folders };
}

/** A reader returns a folder's entries a hundred at a time, and an empty batch at the end. */
async function* batchesOf(folder: DroppedFolder): AsyncGenerator<DroppedEntry[]> {
  const reader = folder.createReader();
  const readBatch = () =>
    new Promise<DroppedEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, (error) => reject(unreadable(folder.name, error)));
    });
  for (let batch = await readBatch(); batch.length > 0; batch = await readBatch()) yield batch;
}

async function readPath(entry: DroppedFile, prefix: string): Promise<{ path: string; file: File }> {
  return { path: prefix + entry.name, file: await readFile(entry) };
}

function readFile(entry: DroppedFile): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, (error) => reject(unreadable(entry.name, error)));
  });
}

/** During the walk, not after it: a folder that contains itself through a link has no end. */
function checkCount(count: number): void {
  if (count <= MAX_ENTRIES) return;
  throw new InfieldError(
    "limit-exceeded",
    `the folder contains more than ${MAX_ENTRIES.toLocaleString("en")} files and folders`,
    "split it into two channels",
  );
}

function unreadable(name: string, cause: DOMException): InfieldError {
  return new InfieldError(
    "unreadable-file",
    `${JSON.stringify(name)} cannot be read`,
    "check that you have permission to read everything in the folder, then drop it again",
    cause,
  );
}

function isDropped(entry: unknown): entry is DroppedEntry {
  return typeof entry === "object" && entry !== null && "isFile" in entry;
}
