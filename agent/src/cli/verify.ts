/** `infield verify --root ROOT`: every byte of the version in use, against the manifest that was signed. */
import { readFile } from "node:fs/promises";
import {
  type Channel,
  InfieldError,
  type Manifest,
  parseManifest,
  parseReleaseFile,
  readChannel,
  treeId,
  verifyRelease,
} from "@infield/shared";
import { toIoError } from "../store/io-error.ts";
import { layoutOf, type SnapshotLayout, snapshotOf } from "../store/layout.ts";
import { folderRepository } from "../store/repository.ts";
import { readState } from "../store/root.ts";
import { openFolder } from "../tree/folder.ts";
import { createSha256 } from "../tree/sha256.ts";
import type { Input } from "./commands.ts";
import type { Outcome, Terminal } from "./terminal.ts";
import { findDifferences } from "./tree-differences.ts";

export async function runVerify(input: Input<"verify">, terminal: Terminal): Promise<Outcome> {
  const { state, channel } = await readState(input.root);
  const layout = layoutOf(input.root);
  if (state.current === 0) throw nothingInstalled(input.root);
  const snapshot = snapshotOf(layout, state.current);
  const known = await readChannel(folderRepository(layout.repository), channel);
  const signed = await readSigned(snapshot, known.channel);
  const differences = findDifferences(signed, await readInstalled(snapshot, signed, terminal));
  const count = signed.entries.length;
  return {
    data: { root: input.root, version: state.current, entries: count, differences },
    text:
      differences.length === 0
        ? `release ${state.current} is whole: all of its ${count} entries are what was signed`
        : [
            `release ${state.current} differs from what was signed:`,
            ...differences.map(({ path, how }) => `  ${path}: ${how}`),
            "next: `infield rollback` to the version before, or install a newer release",
          ].join("\n"),
    ...(differences.length > 0 && { exitCode: 3 }),
  };
}

/** The manifest of an installed version, once the signed record says that it is the right one. */
async function readSigned(snapshot: SnapshotLayout, channel: Channel): Promise<Manifest> {
  const record = verifyRelease(parseReleaseFile((await readPart(snapshot.release)).toString()), channel);
  const manifest = parseManifest(await readPart(snapshot.manifest));
  if (treeId(manifest) === record.tree) return manifest;
  throw new InfieldError(
    "snapshot-damaged",
    `the manifest of release ${record.version} is not the one that was signed`,
    "go back with `infield rollback`, or install a newer release",
  );
}

async function readInstalled(
  snapshot: SnapshotLayout,
  signed: Manifest,
  { withProgress, signal }: Terminal,
): Promise<Manifest> {
  // 0:0 means "whoever installs": owners are only compared where the release names some.
  const owners = signed.entries.some(({ uid, gid }) => uid !== 0 || gid !== 0);
  const tree = await withProgress((update) =>
    openFolder(snapshot.tree, {
      owners,
      createSha256,
      signal,
      onProgress: ({ doneBytes, totalBytes }) => update("reading", doneBytes, totalBytes),
    }),
  );
  await tree.close();
  return tree.manifest;
}

async function readPart(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw toIoError(cause, `read ${JSON.stringify(path)}`);
  });
}

function nothingInstalled(root: string): InfieldError {
  return new InfieldError(
    "unknown-release",
    `nothing is installed in ${JSON.stringify(root)} yet`,
    "install a repository with `infield install REPO --root ROOT`",
  );
}
