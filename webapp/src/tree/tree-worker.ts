/**
 * A worker that reads and hashes one tree, and keeps it open: its bytes are needed when the delta
 * is made.
 */
import { InfieldError } from "@infield/shared/base";
import {
  type ArchiveOptions,
  blobSource,
  collectTree,
  type InputTree,
  OCI_MARK,
  openArchive,
  openOciLayout,
  type TreeProgress,
} from "@infield/shared/tree";
import { loadCodec } from "@infield/wasm/web";
import { expose, transfer } from "comlink";
import { throttle } from "../workers/throttle.ts";
import { spoolToBlob } from "./blob-spool.ts";
import "../workers/error-transfer.ts";
import { listFolder } from "./folder.ts";
import type { TreeInput } from "./tree-input.ts";

export interface TreeApi {
  /** Reads everything once. Throws what `openArchive` and `collectTree` throw. */
  open(
    input: TreeInput,
    onProgress: (progress: TreeProgress) => void,
  ): Promise<Pick<InputTree, "manifest" | "report">>;
  /** Bytes of a file in the tree that was opened. */
  read(path: string, offset: number, length: number): Promise<Uint8Array>;
}

let tree: InputTree | undefined;

const api: TreeApi = {
  async open(input, onProgress) {
    const codec = await loadCodec();
    const report = throttle(onProgress, ({ doneBytes, totalBytes }) => doneBytes === totalBytes);
    const leftOut = new Map<string, number>();
    tree = await openInput(input, {
      createSha256: () => codec.createSha256(),
      openUnpacker: async (format) => codec.openUnpacker(format),
      excludes: { patterns: [], defaults: true },
      onProgress: report,
      onLeftOut: (_, name) => leftOut.set(name, (leftOut.get(name) ?? 0) + 1),
    });
    const counts = [...leftOut].map(([name, count]) => ({ name, count }));
    return { manifest: tree.manifest, report: { ...tree.report, leftOut: counts } };
  },
  async read(path, offset, length) {
    if (tree === undefined)
      throw new InfieldError("internal", "no tree is open", "report this as a defect");
    const bytes = await tree.open(path).read(offset, length);
    // A copy moves to the page, as the tree may still need these bytes.
    const copy = bytes.slice();
    return transfer(copy, [copy.buffer]);
  },
};

function openInput(input: TreeInput, given: Omit<ArchiveOptions, "owners">): Promise<InputTree> {
  const options = { ...given, owners: false };
  if (input.kind === "archive")
    return openArchive(blobSource(input.file), input.name, spoolToBlob, options);
  const files = new Map(input.files.map(({ path, file }) => [path, file]));
  if (!files.has(OCI_MARK)) return collectTree(listFolder(input), options);
  const open = (path: string) => {
    const file = files.get(path);
    return file && blobSource(file);
  };
  return openOciLayout(open, spoolToBlob, options);
}

expose(api);
