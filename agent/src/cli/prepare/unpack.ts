/** The files of an archive as files of a folder, for as long as a delta is applied to them. */
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ByteSource, filesOf, type SourceTree, treeBytes } from "@infield/shared/tree";
import { toIoError } from "../../host/io-error.ts";
import type { Terminal } from "../output/terminal.ts";

/** Bytes of one read. */
const READ_BYTES = 1024 * 1024;

/**
 * Runs `use` on a temporary folder with the tree's files and directories, and removes it. Links and
 * modes are left out: a delta only reads bytes, and what is not there cannot be followed. Throws
 * `no-space`, `io-failed`, AbortError.
 */
export async function withUnpacked<T>(
  tree: SourceTree,
  terminal: Terminal,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "infield-")).catch((cause: unknown) => {
    throw toIoError(cause, `write ${JSON.stringify(tmpdir())}`);
  });
  try {
    await terminal.withProgress((update) =>
      unpackFiles(
        tree,
        folder,
        (done, total) => update("unpacking OLD", done, total),
        terminal.signal,
      ),
    );
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function unpackFiles(
  tree: SourceTree,
  folder: string,
  update: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const total = treeBytes(tree.manifest);
  let done = 0;
  try {
    for (const { kind, path } of tree.manifest.entries)
      if (kind === "dir") await mkdir(join(folder, path));
    for (const { path, size } of filesOf(tree.manifest)) {
      await unpackFile(tree.open(path), join(folder, path), signal);
      done += size;
      update(done, total);
    }
  } catch (cause) {
    throw toIoError(cause, `unpack to ${JSON.stringify(folder)}`);
  }
}

async function unpackFile(source: ByteSource, path: string, signal: AbortSignal): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    for (let at = 0; at < source.size; at += READ_BYTES) {
      signal.throwIfAborted();
      await handle.writeFile(await source.read(at, Math.min(READ_BYTES, source.size - at)));
    }
  } finally {
    await handle.close();
  }
}
