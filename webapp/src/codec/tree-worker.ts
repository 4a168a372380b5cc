/** A worker that reads and hashes one tree, and keeps it: its bytes are asked for when the delta is made. */
import {
  blobSource,
  type CollectOptions,
  collectTree,
  type FoundEntry,
  InfieldError,
  type Manifest,
  openArchive,
  type SourceTree,
  type TreeProgress,
} from "@infield/shared";
import { loadCodec } from "@infield/wasm/web";
import { expose, transfer } from "comlink";
import { spoolToBlob } from "./blob-spool.ts";
import { calmDown } from "./calm.ts";
import "./error-transfer.ts";
import { DIR_MODE, guessMode, HEAD_BYTES } from "./modes.ts";
import type { FolderInput, TreeInput } from "./tree-input.ts";

export interface TreeApi {
  /** Reads everything once. Throws what `openArchive` and `collectTree` throw. */
  open(input: TreeInput, onProgress: (progress: TreeProgress) => void): Promise<Manifest>;
  /** Bytes of a file of the tree that was opened. */
  read(path: string, offset: number, length: number): Promise<Uint8Array>;
}

/** Files looked into at the same time. */
const BATCH = 64;
const NOBODY = { uid: 0, gid: 0 };
let tree: SourceTree | undefined;

const api: TreeApi = {
  async open(input, onProgress) {
    const codec = await loadCodec();
    const report = calmDown(onProgress, ({ doneBytes, totalBytes }) => doneBytes === totalBytes);
    tree = await openInput(input, { createSha256: () => codec.createSha256(), onProgress: report });
    return tree.manifest;
  },
  async read(path, offset, length) {
    if (tree === undefined) throw new InfieldError("internal", "no tree is open", "report this as a defect");
    const bytes = await tree.open(path).read(offset, length);
    const alone = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    return transfer(alone, [alone.buffer]);
  },
};

function openInput(input: TreeInput, options: CollectOptions): Promise<SourceTree> {
  if (input.kind === "folder") return collectTree(listFolder(input), options);
  return openArchive(blobSource(input.file), input.name, spoolToBlob, { ...options, owners: false });
}

async function* listFolder({ files, folders }: FolderInput): AsyncGenerator<FoundEntry> {
  for (const path of folders) yield { kind: "dir", path, mode: DIR_MODE, ...NOBODY };
  for (let at = 0; at < files.length; at += BATCH) {
    yield* await Promise.all(files.slice(at, at + BATCH).map(describeFile));
  }
}

async function describeFile({ path, file }: FolderInput["files"][number]): Promise<FoundEntry> {
  const source = blobSource(file);
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  return { kind: "file", path, mode: guessMode(head), ...NOBODY, source };
}

expose(api);
