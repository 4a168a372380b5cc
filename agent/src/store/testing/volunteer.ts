/**
 * For tests: small trees on the disk, and a volunteer who makes releases of them with the real
 * codec and real signatures.
 */
import { chmod, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { createDelta, type DeltaEncoder } from "@infield/shared/delta";
import { composeRelease } from "@infield/shared/publish";
import type { Release } from "@infield/shared/records";
import {
  type BlobRecord,
  blobPath,
  type Channel,
  createChain,
  createSigningKey,
  type ReleaseRecord,
  type SigningKey,
  verifyChain,
  verifyRelease,
} from "@infield/shared/records";
import { bytesSource, EMPTY_MANIFEST, type SourceTree } from "@infield/shared/tree";
import { loadCodec } from "@infield/wasm/node";
import { removeTree } from "../../host/durable.ts";
import { createSha256 } from "../../host/sha256.ts";
import { openFolder } from "../../tree/folder.ts";
import { type UpdateHooks, updateTo } from "../../update/update.ts";
import { type FolderRepository, folderRepository } from "../root/repository.ts";
import type { OpenRoot, WritableRoot } from "../root/root.ts";
import { copyBlob } from "../write/incoming.ts";

/**
 * By path: a file's content, `-> target` for a link, with a mode (0644 or, for scripts, 0755 unless
 * given).
 */
export type TreeSpec = Readonly<
  Record<string, string | Uint8Array | { content: string; mode: number }>
>;

export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "infield-test-"));
  return { path, remove: () => removeTree(path) };
}

export async function writeTree(folder: string, spec: TreeSpec): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [path, what] of Object.entries(spec)) {
    const full = join(folder, path);
    await mkdir(dirname(full), { recursive: true });
    const content = typeof what === "string" || what instanceof Uint8Array ? what : what.content;
    if (typeof content === "string" && content.startsWith("-> ")) {
      await symlink(content.slice(3), full);
      continue;
    }
    await writeFile(full, content);
    const script = typeof content === "string" && content.startsWith("#!");
    await chmod(
      full,
      typeof what === "object" && "mode" in what ? what.mode : script ? 0o755 : 0o644,
    );
  }
  return folder;
}

export function openTestTree(folder: string): Promise<SourceTree> {
  return openFolder(folder, { owners: false, createSha256 });
}

const NO_TREE: SourceTree = {
  manifest: EMPTY_MANIFEST,
  open: () => {
    throw new Error("the empty tree has no files");
  },
  close: async () => {},
};

/**
 * The codec in this thread: trees of tests are small, and starting workers takes longer than coding
 * them.
 */
export async function inlineEncoder(): Promise<DeltaEncoder> {
  const codec = await loadCodec();
  return {
    parallel: 1,
    async encodeGroup(base, target, level, onProgress) {
      const { record, ...needs } = codec.encodeGroup(base, target, level, onProgress);
      return { record: bytesSource(record), ...needs };
    },
    encodeHeader: async (header) => codec.encodeHeader(header),
  };
}

export interface Volunteer {
  readonly repository: FolderRepository;
  readonly channel: Channel;
  readonly key: SigningKey;
  readonly releases: readonly Release[];
  /** Releases a folder as the next version, with a delta from each of `from` (0: from nothing). */
  release(
    folder: string,
    from: readonly number[],
    health?: ReleaseRecord["health"],
    dataFormat?: number,
  ): Promise<Release>;
}

export async function startVolunteer(folder: string): Promise<Volunteer> {
  const repository = folderRepository(folder);
  const key = createSigningKey();
  const chain = createChain("Class 3b", key);
  await repository.writeChain(chain);
  const channel = verifyChain(chain);
  const encoder = await inlineEncoder();
  const releases: Release[] = [];
  const trees: SourceTree[] = [NO_TREE];
  return {
    repository,
    channel,
    key,
    releases,
    async release(tree, from, health, dataFormat) {
      const target = await openTestTree(tree);
      const blobs: BlobRecord[] = [];
      for (const version of from) {
        // Level fast: the store does not care how a delta was coded, and the models take seconds
        // for each MiB.
        const delta = await createDelta(trees[version] ?? NO_TREE, target, encoder, {
          level: "fast",
        });
        const blob = await repository.writeBlob(delta.read());
        const { base, decoderBytes, writtenBytes, writtenEntries } = delta;
        blobs.push({ ...blob, from: version, base, decoderBytes, writtenBytes, writtenEntries });
      }
      trees.push(target);
      const file = composeRelease(channel, key, {
        version: releases.length + 1,
        tree: target.manifest,
        blobs,
        urgent: false,
        notes: {},
        date: new Date(0),
        ...(health && { health }),
        ...(dataFormat !== undefined && { dataFormat }),
      });
      const made = { file, record: verifyRelease(file, channel) };
      await repository.writeRelease(file, made.record);
      releases.push(made);
      return made;
    },
  };
}

/** Brings a root to a release with everything that the volunteer has; `hooks` as far as given. */
export function updateFrom(
  root: OpenRoot,
  volunteer: Volunteer,
  target: number,
  hooks: Partial<UpdateHooks> = {},
): Promise<void> {
  const { channel, releases } = volunteer;
  return root.change((writable) =>
    updateTo(writable, channel, releases, target, { ...hooksFrom(writable, volunteer), ...hooks }),
  );
}

/** Takes blobs from the volunteer's folder. */
function hooksFrom(root: WritableRoot, { repository }: Volunteer): UpdateHooks {
  return {
    async fetchBlob(blob, onProgress, signal) {
      const source = await repository.open(blobPath(blob.root));
      if (source === undefined)
        throw new InfieldError("repository-damaged", `no blob ${blob.root}`, "copy it again");
      await copyBlob(root, blob, source, onProgress, signal);
    },
    onStep() {},
  };
}

/** Notes what an update does, each step once. */
export function noteSteps(steps: string[]): Pick<UpdateHooks, "onStep"> {
  return {
    onStep({ state, target }) {
      const step = `${state} ${target}`;
      if (steps.at(-1) !== step) steps.push(step);
    },
  };
}
