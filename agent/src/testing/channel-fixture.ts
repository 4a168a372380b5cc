/**
 * A channel with real releases in a real repository folder, and roots that have some of them
 * installed.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createDelta } from "@infield/shared/delta";
import { composeRelease } from "@infield/shared/publish";
import type { Release } from "@infield/shared/records";
import {
  type BlobRecord,
  type Chain,
  type Channel,
  createChain,
  createSigningKey,
  type SigningKey,
  verifyChain,
  verifyRelease,
} from "@infield/shared/records";
import { openEncoderPool } from "../delta/create/encoder-pool.ts";
import { openRoot } from "../store/root/open-root.ts";
import { type FolderRepository, folderRepository } from "../store/root/repository.ts";
import { copyBlob } from "../store/write/incoming.ts";
import { openTree } from "../tree/open-tree.ts";
import { updateTo } from "../update/update.ts";

export interface ChannelFixture {
  readonly folder: string;
  readonly key: SigningKey;
  readonly chain: Chain;
  readonly channel: Channel;
  readonly repository: FolderRepository;
  readonly releases: readonly Release[];
  /** Where a root could be made. */
  freshRoot(name: string): string;
  /**
   * A new root that follows the channel, with a version installed (0: nothing), and before it those
   * in `past`; all before it when left out.
   */
  makeRoot(name: string, version: number, past?: readonly number[]): Promise<string>;
  remove(): Promise<void>;
}

interface FixtureRelease {
  readonly urgent?: boolean;
  /** Text of an executable health check. */
  readonly health?: string;
  readonly dataFormat?: number;
}

/** Releases 1, 2, …: the first a full install, each other a delta from the one before. */
export async function createChannelFixture(
  described: readonly FixtureRelease[],
): Promise<ChannelFixture> {
  const folder = await mkdtemp(join(tmpdir(), "infield-net-"));
  const key = createSigningKey();
  const chain = createChain("Class 4b", key);
  const channel = verifyChain(chain);
  const repository = folderRepository(join(folder, "repository"));
  await repository.writeChain(chain);
  const encoder = openEncoderPool();
  const releases: Release[] = [];
  for (const [before, { urgent = false, health, dataFormat }] of described.entries()) {
    const version = before + 1;
    const trees = [
      before === 0 ? "empty" : join(folder, `tree-${before}`),
      join(folder, `tree-${version}`),
    ];
    await writeTree(join(folder, `tree-${version}`), version, health);
    const [base, target] = await Promise.all(
      trees.map((tree) => openTree(tree, { owners: false })),
    );
    if (!base || !target) throw new Error("a tree is missing");
    // Level fast: the network does not care how a delta was coded, and the models take seconds for
    // each MiB.
    const delta = await createDelta(base, target, encoder, { level: "fast" });
    const { root, bytes } = await repository.writeBlob(delta.read());
    const blob: BlobRecord = {
      from: before,
      base: delta.base,
      bytes,
      root,
      decoderBytes: delta.decoderBytes,
      writtenBytes: delta.writtenBytes,
      writtenEntries: delta.writtenEntries,
    };
    const file = composeRelease(channel, key, {
      version,
      tree: target.manifest,
      blobs: [blob],
      urgent,
      notes: { en: `release ${version}` },
      date: new Date("2026-01-02T03:04:05Z"),
      ...(health !== undefined && { health: { path: "check", seconds: 10 } }),
      ...(dataFormat !== undefined && { dataFormat }),
    });
    const release = { file, record: verifyRelease(file, channel) };
    await repository.writeRelease(release.file, release.record);
    releases.push(release);
  }
  await encoder.close();

  let roots = 0;
  const freshRoot = (name: string) => join(folder, `root-${++roots}`, name);
  return {
    ...{ folder, key, chain, channel, repository, releases, freshRoot },
    async makeRoot(
      name,
      version,
      past = Array.from({ length: Math.max(0, version - 1) }, (_, i) => i + 1),
    ) {
      const path = freshRoot(name);
      await mkdir(dirname(path));
      const root = await openRoot(path, { create: true });
      await root.identity.pinChannel(channel.id);
      if (version > 0) {
        await root.change((writable) => writable.repository.writeChain(chain));
        const known = releases.slice(0, version);
        for (const { file, record } of known)
          await root.change((writable) => writable.repository.writeRelease(file, record));
        for (const step of [...past, version]) {
          await root.change((writable) =>
            updateTo(writable, channel, known, step, {
              async fetchBlob(blob, onProgress, signal) {
                const source = await repository.open(`blobs/${blob.root}`);
                if (source) await copyBlob(writable, blob, source, onProgress, signal);
              },
              onStep() {},
            }),
          );
        }
      }
      await root.close();
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A tree whose `big` needs several pieces: bytes that no coder makes smaller. */
async function writeTree(
  folder: string,
  version: number,
  health: string | undefined,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "version"), `${version}\n`);
  await writeFile(join(folder, "big"), noise(300_000, version));
  if (health === undefined) return;
  await writeFile(join(folder, "check"), health);
  await chmod(join(folder, "check"), 0o755);
}

/** Repeatable bytes that look random (xorshift32). */
function noise(length: number, seed: number): Uint8Array {
  let state = seed * 2_654_435_761 || 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
}
