/** `infield install REPO --root ROOT` */
import { InfieldError } from "@infield/shared/base";
import {
  CHANNEL_FILE,
  type Channel,
  type LeftOut,
  type RepositoryReader,
  readChannel,
  readReleases,
  releasePath,
} from "@infield/shared/records";
import { createServer } from "@infield/shared/transfer";
import { keepChannel } from "../../store/root/channel-keeper.ts";
import { layoutOf, snapshotOf } from "../../store/root/layout.ts";
import { openRoot, readState } from "../../store/root/open-root.ts";
import { openRepository } from "../../store/root/repository.ts";
import type { Root, WritableRoot } from "../../store/root/root.ts";
import { readSnapshotManifest } from "../../store/snapshot/snapshot-manifest.ts";
import { checkTree, isDamagedSnapshot } from "../../tree/check-tree.ts";
import { checkUsable, takeBlob, takeRecords } from "../../update/take-records.ts";
import { updateTo } from "../../update/update.ts";
import { askAgent, findAgent, offerRelease } from "../agent-link/agent-link.ts";
import { ownCheck } from "../agent-link/with-agent.ts";
import type { Outcome, Terminal } from "../output/terminal.ts";
import { checkChannelId } from "../parse/channel-id.ts";
import type { Input } from "../parse/commands.ts";
import { lookBefore, undoFirstInstall } from "./first-install.ts";

interface Installed {
  readonly root: string;
  readonly channel: string;
  readonly name: string;
  /** The root follows the channel from now on. */
  readonly pinned: boolean;
  readonly from: number;
  readonly version: number;
}

export async function runInstall(input: Input<"install">, terminal: Terminal): Promise<Outcome> {
  const wanted = checkChannelId(input.channel);
  const source = await openRepository(input.REPO, terminal.signal);
  try {
    // Asked before a root is made: a wrong repository leaves nothing behind.
    const { channel } = await readChannel(source, wanted);
    const agent = await findAgent(input.root);
    // What is far away is paid for, and an agent takes all of a release.
    if (agent && !source.far) return await handOver(source, input, channel, agent.port, terminal);
    const before = await lookBefore(input.root);
    const root = await openRoot(input.root, {
      create: true,
      system: input.system,
      ownCheck: input.health,
    });
    try {
      return await root.change((writable) =>
        installNewest(source, input.REPO, writable, channel, terminal),
      );
    } catch (error) {
      await root.change((writable) => undoFirstInstall(writable, before));
      throw error;
    } finally {
      await root.close();
    }
  } finally {
    await source.close();
  }
}

/** Has the agent that runs on the root take the releases, and install the newest of them. */
async function handOver(
  source: RepositoryReader,
  { root, health }: Input<"install">,
  channel: Channel,
  port: number,
  terminal: Terminal,
): Promise<Outcome> {
  if (health !== undefined) throw ownCheck(root);
  const { state, token, channel: pinned } = await readState(root);
  const door = { port, token };
  const { releases, leftOut } = await readReleases(source, channel, { current: state.current });
  checkUsable({ releases, leftOut }, channel);
  tellLeftOut(leftOut, terminal);
  const chain = await readText(source, CHANNEL_FILE);
  const serve = createServer(source);
  for (const { record } of releases.filter(({ record }) => record.version > state.current)) {
    const offer = { channel: chain, release: await readText(source, releasePath(record.version)) };
    const total = record.blobs.reduce((sum, { bytes }) => sum + bytes, 0);
    await terminal.withProgress((update) => {
      const show = (done: number) => update(`handing over version ${record.version}`, done, total);
      return offerRelease(door, offer, serve, show, terminal.signal);
    });
  }
  await askAgent(door, { type: "update-classroom", id: 1 }, () => {}, terminal.signal);
  const { id, name } = channel;
  const version = (await readState(root)).state.current;
  const data = {
    root,
    channel: id,
    name,
    pinned: pinned === undefined,
    from: state.current,
    version,
  };
  return { data, text: describe(data) };
}

async function readText(source: RepositoryReader, path: string): Promise<string> {
  const file = await source.open(path);
  return Buffer.from((await file?.read(0, file.size)) ?? []).toString("utf8");
}

async function installNewest(
  source: RepositoryReader,
  repository: string,
  root: WritableRoot,
  { id, name }: Channel,
  terminal: Terminal,
): Promise<Outcome> {
  const pinned = root.identity.channel === undefined;
  await root.identity.pinChannel(id);
  const { channel, releases, leftOut } = await takeRecords(source, root, await keepChannel(root));
  tellLeftOut(leftOut, terminal);
  const from = root.state().current;
  const version = Math.max(from, ...releases.map(({ record }) => record.version));
  if (version === from) await checkInstalled(root, repository, terminal.signal);
  else {
    await terminal.withProgress((update) =>
      updateTo(root, channel, releases, version, {
        signal: terminal.signal,
        fetchBlob: (blob, onProgress, signal) => takeBlob(source, root, blob, onProgress, signal),
        onStep: ({ state, target, progress }) =>
          update(`${state} version ${target}`, progress?.done ?? 0, progress?.total ?? 0),
      }),
    );
  }
  const data = { root: root.path, channel: id, name, pinned, from, version };
  return { data, text: describe(data) };
}

/**
 * Nothing newer to install: is what there is still what was signed? Throws `snapshot-damaged` with
 * the way to repair it.
 */
async function checkInstalled(root: Root, repository: string, signal: AbortSignal): Promise<void> {
  const snapshot = snapshotOf(layoutOf(root.path), root.state().current);
  try {
    await checkTree(snapshot.tree, await readSnapshotManifest(snapshot), signal);
  } catch (error) {
    if (!isDamagedSnapshot(error) || !(error instanceof InfieldError)) throw error;
    const hint = `mend it: infield doctor --root ${root.path} --repair --from ${repository}`;
    throw new InfieldError("snapshot-damaged", error.message, hint, error);
  }
}

/**
 * One sentence for all of them; below the floor is where old releases belong, and nothing to hear
 * about.
 */
function tellLeftOut(leftOut: readonly LeftOut[], terminal: Terminal): void {
  const odd = leftOut.filter(({ error }) => error.code !== "release-too-old");
  const newest = odd.at(-1);
  if (newest === undefined) return;
  const which = odd.length === 1 ? "was" : `and ${odd.length - 1} more were`;
  terminal.note(
    `version ${newest.version} ${which} left out: ${newest.error.message}`,
    newest.error.hint,
  );
}

function describe({ root, channel, name, pinned, from, version }: Installed): string {
  return [
    `version ${version} of ${name} is ${version > from ? "installed" : "the newest, and installed"}`,
    ...(pinned ? [`${root} follows this channel from now on, and no other: ${channel}`] : []),
    `programs find it in ${root}/current`,
    `next: infield agent --root ${root}`,
  ].join("\n");
}
