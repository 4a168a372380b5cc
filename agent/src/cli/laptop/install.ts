/** `infield install REPO --root ROOT` */
import { InfieldError } from "@infield/shared/base";
import {
  type Channel,
  type LeftOut,
  type RepositoryReader,
  readChannel,
} from "@infield/shared/records";
import { keepChannel } from "../../store/root/channel-keeper.ts";
import { layoutOf, snapshotOf } from "../../store/root/layout.ts";
import { openRoot } from "../../store/root/open-root.ts";
import { openRepository } from "../../store/root/repository.ts";
import type { Root, WritableRoot } from "../../store/root/root.ts";
import { readSnapshotManifest } from "../../store/snapshot/snapshot-manifest.ts";
import { checkTree, isDamagedSnapshot } from "../../tree/check-tree.ts";
import { takeBlob, takeRecords } from "../../update/take-records.ts";
import { updateTo } from "../../update/update.ts";
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
