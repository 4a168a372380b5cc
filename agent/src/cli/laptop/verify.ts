/**
 * `infield verify --root ROOT`: every byte of a version, the one in use unless told otherwise,
 * against the manifest that was signed.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { parseReleaseFile, readChannel, verifyRelease } from "@infield/shared/records";
import { type Manifest, treeId } from "@infield/shared/tree";
import { toIoError } from "../../host/io-error.ts";
import { layoutOf, type SnapshotLayout, snapshotOf } from "../../store/root/layout.ts";
import { readState } from "../../store/root/open-root.ts";
import { folderRepository } from "../../store/root/repository.ts";
import { readSnapshotManifest } from "../../store/snapshot/snapshot-manifest.ts";
import { damagedSnapshot } from "../../tree/check-tree.ts";
import { type Difference, findDifferences } from "../../tree/differences.ts";
import { formatEntries } from "../output/table.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";

export const DIFFERENCES: Readonly<Record<Difference["how"], string>> = {
  missing: "is missing",
  extra: "does not belong there",
  type: "is another kind of thing",
  unreadable: "cannot be read",
  bytes: "has other bytes",
  mode: "has other permissions",
  owner: "belongs to somebody else",
  link: "points elsewhere",
  "hard-link": "is not the same file as the name it is linked to",
  attributes: "has other extended attributes",
  time: "has another time",
};

export async function runVerify(input: Input<"verify">, terminal: Terminal): Promise<Outcome> {
  const { state, channel } = await readState(input.root);
  const layout = layoutOf(input.root);
  const version = input.version ?? state.current;
  if (version === 0) throw nothingInstalled(input.root);
  if (!state.versions.includes(version)) throw notInstalled(version, input.root);
  const snapshot = snapshotOf(layout, version);
  const manifest = await readSnapshotManifest(snapshot);
  const known = await readChannel(folderRepository(layout.repository), channel);
  const release = parseReleaseFile(await readReleaseFile(snapshot));
  if (treeId(manifest) !== verifyRelease(release, known.channel).tree) {
    throw damagedSnapshot("its manifest is not the one that was signed");
  }
  return describe(
    input.root,
    version,
    manifest,
    await findDifferences(snapshot.tree, manifest, { signal: terminal.signal }),
  );
}

async function readReleaseFile(snapshot: SnapshotLayout): Promise<string> {
  return readFile(snapshot.release, "utf8").catch((cause: unknown) => {
    throw toIoError(cause, `read ${JSON.stringify(snapshot.release)}`);
  });
}

function describe(
  root: string,
  version: number,
  { entries }: Manifest,
  differences: readonly Difference[],
): Outcome {
  const data = { root: resolve(root), version, entries: entries.length, differences };
  if (differences.length === 0) {
    return {
      data,
      text: `version ${version} is whole: ${formatEntries(entries.length)}, each as it was signed`,
    };
  }
  const lines = [
    `version ${version} is not what was signed:`,
    ...differences.map(({ path, how }) => `  ${JSON.stringify(path)} ${DIFFERENCES[how]}`),
    `next: \`infield doctor --root ${root} --repair\` mends it, \`infield rollback\` goes back`,
  ];
  return { data, text: lines.join("\n"), exitCode: 3 };
}

function notInstalled(version: number, root: string): InfieldError {
  return new InfieldError(
    "unknown-release",
    `version ${version} is not installed`,
    `\`infield status --root ${root}\` shows what is`,
  );
}

function nothingInstalled(root: string): InfieldError {
  return new InfieldError(
    "unknown-release",
    `nothing is installed in ${JSON.stringify(root)} yet`,
    "install a repository with `infield install REPO --root ROOT`",
  );
}
