/**
 * Files of what is installed, by their hash, for neighbours whose copy is damaged. Only what a
 * signed manifest lists, and only while the file on the disk still has that hash: one that somebody
 * edited here may hold what is nobody else's business.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fromUtf8 } from "@infield/shared/base";
import type { ContentReader } from "@infield/shared/transfer";
import { type ByteSource, parseEntry } from "@infield/shared/tree";
import { unreadableFile } from "../../host/file-source.ts";
import { stampOf } from "../../host/file-stamp.ts";
import { hashFile } from "../../tree/differences.ts";
import { layoutOf, snapshotOf } from "../root/layout.ts";
import type { Store } from "../root/root.ts";

/**
 * Files found sound and remembered: what a few neighbours that repair themselves ask for piece by
 * piece.
 */
const FILES_KEPT = 16;
const READ_BYTES = 256 * 1024;

/** A file, and what it looked like when it was hashed. */
interface Sound {
  readonly path: string;
  readonly size: number;
  readonly mark: string;
}

/**
 * Serves what the root's versions hold now. One search at a time: it reads a manifest, and then the
 * whole file.
 */
export function installedFiles(store: Pick<Store, "path" | "state">): ContentReader {
  const known = new Map<string, Sound>();
  let last: Promise<unknown> = Promise.resolve();

  async function find(sha256: string): Promise<Sound | undefined> {
    const found = known.get(sha256);
    if (found && (await markOf(found.path)) === found.mark) return found;
    known.delete(sha256);
    const sound = await search(store, sha256);
    if (sound === undefined) return undefined;
    known.set(sha256, sound);
    const oldest = known.keys().next().value;
    if (known.size > FILES_KEPT && oldest !== undefined) known.delete(oldest);
    return sound;
  }

  return {
    async open(sha256) {
      const finding = last.then(() => find(sha256));
      last = finding.catch(() => {});
      const sound = await finding;
      return sound && sourceOf(sound);
    },
  };
}

async function search(
  { path, state }: Pick<Store, "path" | "state">,
  sha256: string,
): Promise<Sound | undefined> {
  for (const version of [...state().versions].reverse()) {
    const snapshot = snapshotOf(layoutOf(path), version);
    const manifest = await readFile(snapshot.manifest).catch(() => undefined);
    if (manifest === undefined) continue;
    const isManifest = createHash("sha256").update(manifest).digest("hex") === sha256;
    const names = isManifest
      ? [snapshot.manifest]
      : namesOf(manifest, sha256).map((name) => join(snapshot.tree, name));
    for (const candidate of names) {
      const sound = await check(candidate, sha256).catch(() => undefined);
      if (sound) return sound;
    }
  }
  return undefined;
}

/**
 * Paths of the files with this hash: looked for in the text, as parsing all of it for one line
 * would cost memory by the megabyte.
 */
function namesOf(manifest: Buffer, sha256: string): string[] {
  const names: string[] = [];
  const field = ` ${sha256} `;
  for (let at = manifest.indexOf(field); at >= 0; at = manifest.indexOf(field, at + 1)) {
    const end = manifest.indexOf("\n", at);
    const line = manifest.subarray(manifest.lastIndexOf("\n", at) + 1, end < 0 ? undefined : end);
    const entry = parseEntry([fromUtf8(line) ?? ""]);
    if (entry?.kind === "file" && entry.sha256 === sha256) names.push(entry.path);
  }
  return names;
}

async function check(path: string, sha256: string): Promise<Sound | undefined> {
  const [before, { size }] = [await markOf(path), await lstat(path)];
  const hash = await hashFile(path, new Uint8Array(READ_BYTES), () => setImmediate());
  return hash === sha256 && before === (await markOf(path))
    ? { path, size, mark: before }
    : undefined;
}

async function markOf(path: string): Promise<string> {
  return stampOf(await lstat(path, { bigint: true }));
}

function sourceOf({ path, size, mark }: Sound): ByteSource {
  return {
    size,
    async read(offset, length) {
      const handle = await open(
        path,
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
      try {
        const bytes = new Uint8Array(length);
        const { bytesRead } = await handle.read(bytes, 0, length, offset);
        // Afterwards: what was written while it was read is not given away either.
        if (stampOf(await handle.stat({ bigint: true })) !== mark)
          throw unreadableFile(path, "changed while it was being read");
        return bytes.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    },
  };
}
