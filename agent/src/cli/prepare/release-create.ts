/** `infield release create -d REPO --key KEYFILE --tree NEW [--from OLD]...` */
import { rm, stat } from "node:fs/promises";
import { formatBytes, InfieldError, MAX_DATA_FORMAT } from "@infield/shared/base";
import type { Delta, DeltaEncoder } from "@infield/shared/delta";
import { checkHealth, composeRelease, type NewRelease } from "@infield/shared/publish";
import {
  type BlobRecord,
  type Channel,
  latestVersion,
  type ReleaseRecord,
  readChannel,
  readReleases,
  type SigningKey,
  verifyRelease,
} from "@infield/shared/records";
import { describeSystemNeeds, type InputTree, type SourceTree } from "@infield/shared/tree";
import { openEncoderPool } from "../../delta/create/encoder-pool.ts";
import { type FolderRepository, folderRepository } from "../../store/root/repository.ts";
import { alignColumns, formatEntries } from "../output/table.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import type { Input } from "../parse/commands.ts";
import { checkNotShipped } from "./inside.ts";
import { makeDelta } from "./make-delta.ts";
import { readOptionsOf, readTree } from "./read-tree.ts";
import { EMPTY_TREE, openBase } from "./release-bases.ts";
import { readNotes, readReleaseKey } from "./release-input.ts";
import { describeExcluded } from "./tree-report.ts";

/**
 * Seconds a health check may take: a slow laptop that starts its desktop needs most of a minute.
 */
const HEALTH_SECONDS = 60;

/** A delta that laptops at version `from` can use. */
interface ReleaseDelta {
  readonly from: number;
  readonly delta: Delta;
}
/** What the release is signed with, and where it goes. */
interface Place {
  readonly repository: FolderRepository;
  readonly channel: Channel;
  readonly key: SigningKey;
  /** Of the earlier releases that the channel allows, by version. */
  readonly earlier: readonly ReleaseRecord[];
  /** The version to be made. */
  readonly version: number;
}

export async function runReleaseCreate(
  input: Input<"release create">,
  terminal: Terminal,
): Promise<Outcome> {
  await checkNotShipped([input.key, input.directory], input.tree);
  const place = await openPlace(input);
  const notes = await readNotes(input.notes, process.env);
  const target = await readTree(input.tree, "NEW", readOptionsOf(input), terminal);
  const encoder = openEncoderPool();
  try {
    checkDataFormat(input["data-format"]);
    if (input.health !== undefined) checkHealth(target.manifest, input.health);
    // Like the one before: a number that is left out by mistake would look like a change.
    const dataFormat = input["data-format"] ?? place.earlier.at(-1)?.dataFormat;
    const deltas = await makeDeltas(input, place.earlier, target, encoder, terminal);
    const record = await storeRelease(place, deltas, terminal, {
      tree: target.manifest,
      urgent: input.urgent,
      notes,
      date: new Date(),
      ...(dataFormat !== undefined && { dataFormat }),
      ...(input.health !== undefined && {
        health: { path: input.health, seconds: HEALTH_SECONDS },
      }),
    });
    const roots = [...place.earlier, record].flatMap(({ blobs }) => blobs.map(({ root }) => root));
    await place.repository.writeWebFiles(roots);
    return describe(input, place.channel, record, target);
  } finally {
    await encoder.close();
    await target.close();
  }
}

async function openPlace(input: Input<"release create">): Promise<Place> {
  const repository = folderRepository(input.directory);
  await checkFolderExists(input.directory);
  const { channel } = await readChannel(repository);
  const key = await readReleaseKey(input.key, channel);
  const earlier = (await readReleases(repository, channel, { fatal: [] })).releases.map(
    ({ record }) => record,
  );
  return { repository, channel, key, earlier, version: (await latestVersion(repository)) + 1 };
}

function checkDataFormat(dataFormat = 0): void {
  if (dataFormat <= MAX_DATA_FORMAT) return;
  throw new InfieldError(
    "usage",
    `--data-format ${dataFormat} is over ${MAX_DATA_FORMAT}`,
    "give a higher number than the last release's, the next one",
  );
}

async function checkFolderExists(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  throw new InfieldError(
    "repository-damaged",
    `${JSON.stringify(path)} does not exist`,
    "check the spelling",
  );
}

async function makeDeltas(
  input: Input<"release create">,
  earlier: readonly ReleaseRecord[],
  target: SourceTree,
  encoder: DeltaEncoder,
  terminal: Terminal,
): Promise<ReleaseDelta[]> {
  const last = earlier.at(-1);
  if (input.from.length === 0 && last !== undefined) {
    terminal.note(
      `without --from, laptops at version ${last.version} have to fetch all of this release`,
      "give the tree of that version with `--from`, and they fetch only what changed",
    );
  }
  const deltas = new Map<number, ReleaseDelta>();
  for (const path of input.from.length === 0 ? [EMPTY_TREE] : input.from) {
    const base = await openBase(path, earlier, readOptionsOf(input), terminal);
    try {
      const missing = base.versions.filter((version) => !deltas.has(version));
      if (missing.length === 0) continue;
      const delta = await makeDelta(base.tree, target, input.level, encoder, terminal);
      for (const from of missing) deltas.set(from, { from, delta });
    } finally {
      await base.tree.close();
    }
  }
  return [...deltas.values()];
}

/**
 * Writes the blobs, then what names them: a crash never leaves a release whose blobs are not there.
 */
async function storeRelease(
  place: Place,
  deltas: readonly ReleaseDelta[],
  terminal: Terminal,
  details: Omit<NewRelease, "version" | "blobs">,
): Promise<ReleaseRecord> {
  const { repository, channel } = place;
  const blobs: BlobRecord[] = [];
  try {
    for (const { from, delta } of deltas) {
      const { root, bytes } = await repository.writeBlob(delta.read());
      const { base, decoderBytes, writtenBytes, writtenEntries } = delta;
      blobs.push({ from, base, bytes, root, decoderBytes, writtenBytes, writtenEntries });
    }
    return await signNext(place, { ...details, blobs }, terminal);
  } catch (error) {
    const { releases } = await readReleases(repository, channel, { fatal: [] });
    const named = new Set(releases.flatMap(({ record }) => record.blobs.map(({ root }) => root)));
    for (const { root } of blobs)
      if (!named.has(root)) await rm(repository.blobFile(root), { force: true });
    throw error;
  }
}

/**
 * Signs under the next version. Another command may have taken that while the deltas were made:
 * then under the one after it, as no version is ever signed twice.
 */
async function signNext(
  { repository, channel, key, version: planned }: Place,
  release: Omit<NewRelease, "version">,
  terminal: Terminal,
): Promise<ReleaseRecord> {
  for (let version = planned; ; version = (await latestVersion(repository)) + 1) {
    const file = composeRelease(channel, key, { ...release, version });
    const record = verifyRelease(file, channel);
    try {
      await repository.writeRelease(file, record);
      return record;
    } catch (error) {
      if (!(error instanceof InfieldError) || error.code !== "already-exists") throw error;
      terminal.note(
        `another command made version ${version} meanwhile, so this release gets the next one`,
        `laptops at version ${version} fetch all of it; make one more with \`--from\` and that tree`,
      );
    }
  }
}

function describe(
  input: Input<"release create">,
  channel: Channel,
  record: ReleaseRecord,
  tree: InputTree,
): Outcome {
  const { version, treeBytes, entries, needsSystem, urgent, blobs } = record;
  const { excluded } = tree.report;
  const ways = blobs.map((blob) => [
    blob.from === 0 ? "full install" : `from version ${blob.from}`,
    formatBytes(blob.bytes),
    `decoder memory ${formatBytes(blob.decoderBytes)}`,
  ]);
  const size = `${formatBytes(treeBytes)} in ${formatEntries(entries)}`;
  return {
    data: {
      ...{ channel: channel.id, version, tree: record.tree, treeBytes, entries, needsSystem },
      ...{ urgent, blobs, excluded },
    },
    text: [
      `version ${version} of ${channel.name}: ${size}${urgent ? ", urgent" : ""}`,
      ...alignColumns(ways, [1]).map((line) => `  ${line}`),
      ...(needsSystem
        ? [`laptops need --system to install it: ${describeSystemNeeds(tree.manifest)}`]
        : []),
      ...describeExcluded("the tree", excluded),
      `next: hand the folder ${input.directory} on, and \`infield install ${input.directory} --root ROOT\``,
    ].join("\n"),
  };
}
