/**
 * Trees of signed releases, kept for laptops that come back much later: from two of them this
 * browser makes the delta that nobody made in advance. Each is one Blob, the manifest followed by
 * the files' bytes. They are expendable, so they leave space for releases.
 */
import { InfieldError } from "@infield/shared/base";
import {
  type ByteSource,
  blobSource,
  filesOf,
  formatManifest,
  parseManifest,
  type SourceTree,
  sliceSource,
  treeBytes,
  treeId,
} from "@infield/shared/tree";
import { type KeyValues, openKeyValues } from "./key-values.ts";

/** Trees kept at most; the oldest goes first. */
const MAX_TREES = 12;
/** Share of this page's storage quota that they may take. */
const MAX_SHARE = 0.3;
/**
 * Bytes read at once, and collected before they become a Blob, which the browser can move to disk.
 */
const STEP_BYTES = 8 << 20;
/** Bytes before the manifest that hold its length. */
const LENGTH_BYTES = 4;

export interface TreeStore {
  /** A tree by its id. */
  open(id: string): Promise<SourceTree | undefined>;
  has(id: string): Promise<boolean>;
  /**
   * Keeps a tree if there is space; resolves to whether it is kept. Throws AbortError, and what
   * reading the tree throws.
   */
  keep(
    tree: SourceTree,
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<boolean>;
}

/** `quotaBytes`: what the browser lets this page store in all, used or free. */
export function createTreeStore(
  values: KeyValues<Blob>,
  quotaBytes: () => Promise<number>,
): TreeStore {
  /** Names begin with a date, so they sort by age. */
  const names = async () => (await values.keys()).sort();
  const find = async (id: string) => (await names()).find((name) => name.endsWith(` ${id}`));

  /** Deletes old trees until this many bytes fit; false, and nothing deleted, if they never do. */
  async function evictFor(bytes: number): Promise<boolean> {
    const limit = (await quotaBytes()) * MAX_SHARE;
    const kept = await Promise.all(
      (await names()).map(async (name) => ({ name, bytes: (await values.get(name))?.size ?? 0 })),
    );
    let sum = kept.reduce((total, tree) => total + tree.bytes, bytes);
    const going: string[] = [];
    for (const tree of kept) {
      if (sum <= limit && kept.length - going.length < MAX_TREES) break;
      going.push(tree.name);
      sum -= tree.bytes;
    }
    if (sum > limit) return false;
    await values.deleteMany(going);
    return true;
  }

  return {
    has: async (id) => (await find(id)) !== undefined,
    async open(id) {
      const name = await find(id);
      const packed = name === undefined ? undefined : await values.get(name);
      return packed && unpackTree(packed);
    },
    async keep(tree, signal, onProgress) {
      const id = treeId(tree.manifest);
      if (await find(id)) return true;
      if (!(await evictFor(treeBytes(tree.manifest)))) return false;
      const packed = await packTree(tree, signal, onProgress);
      return values.setMany([[`${new Date().toISOString()} ${id}`, packed]]).then(
        () => true,
        (error: unknown) => {
          if (error instanceof InfieldError) return false;
          throw error;
        },
      );
    },
  };
}

/** The trees of this browser. */
export function openTreeStore(): TreeStore {
  const quotaBytes = async () => (await navigator.storage.estimate()).quota ?? 0;
  return createTreeStore(openKeyValues<Blob>("infield-trees"), quotaBytes);
}

async function packTree(
  tree: SourceTree,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Blob> {
  const manifest = formatManifest(tree.manifest);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, manifest.length);
  const total = treeBytes(tree.manifest);
  const parts: Blob[] = [new Blob([length, new Uint8Array(manifest)])];
  let gathered: Uint8Array<ArrayBuffer>[] = [];
  let [bytes, done] = [0, 0];
  for (const { path, size } of filesOf(tree.manifest)) {
    const source = tree.open(path);
    for (let at = 0; at < size; at += STEP_BYTES) {
      signal.throwIfAborted();
      const step = await source.read(at, Math.min(STEP_BYTES, size - at));
      gathered.push(new Uint8Array(step));
      bytes += step.length;
      done += step.length;
      if (bytes < STEP_BYTES) continue;
      parts.push(new Blob(gathered));
      [gathered, bytes] = [[], 0];
      onProgress(done, total);
    }
  }
  return new Blob([...parts, ...gathered]);
}

async function unpackTree(packed: Blob): Promise<SourceTree> {
  const source = blobSource(packed);
  const length = new DataView((await source.read(0, LENGTH_BYTES)).slice().buffer).getUint32(0);
  const manifest = parseManifest(await source.read(LENGTH_BYTES, length));
  const files = new Map<string, ByteSource>();
  let at = LENGTH_BYTES + length;
  for (const { path, size } of filesOf(manifest)) {
    files.set(path, sliceSource(source, at, size));
    at += size;
  }
  return {
    manifest,
    open(path) {
      const file = files.get(path);
      if (file) return file;
      throw new InfieldError("internal", `no file ${path} in the tree`, "report this as a defect");
    },
    close: async () => {},
  };
}
